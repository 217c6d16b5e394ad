/**
 * Second copies: which backups wait for one, who works on it, and how it ended. A copy is behind while its storage lacks
 * the backup or has an older manifest of it; every change by a runner names its owner and attempt.
 */
import type { Queryable } from '@swfx/database';
import { leaseSeconds } from './backup-runs';

/** A copy in hand, held by one runner for as long as it renews its lease. */
export interface CopyClaim {
  id: string;
  database: string;
  /** Folder of the backup, in either storage. */
  location: string;
  state: 'pending' | 'failed';
  /** Whether the dump was copied and read back already: only its manifest is behind. */
  verified: boolean;
  attempt: number;
  owner: string;
}

const good = `verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS') AND delete_marked_at IS NULL`;
const free = `(lease_until IS NULL OR lease_until < clock_timestamp())`;

/** Enters a copy for each good backup of a storage that has none at a place; one that is elsewhere begins anew. */
export async function enterCopies(db: Queryable, from: { storage: string; place: string }): Promise<void> {
  await db.query(
    `INSERT INTO backup_copy (backup_id, place)
     SELECT id, $2 FROM backup
     WHERE storage = $1 AND ${good}
       AND NOT EXISTS (SELECT FROM backup_copy WHERE backup_id = backup.id AND place = $2)
     ON CONFLICT (backup_id) DO UPDATE
     SET place = $2, state = 'pending', behind_since = now(), verified_at = NULL, attempt = 0, due_at = now(),
         lease_owner = NULL, lease_until = NULL, reason = NULL, error = NULL`,
    [from.storage, from.place],
  );
}

/** Backups whose copy at a place is due, newest first: what would be missed most. */
export async function listDueCopies(
  db: Queryable,
  from: { storage: string; place: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup JOIN backup_copy ON backup_id = id
     WHERE storage = $1 AND place = $2 AND state <> 'copied' AND due_at <= clock_timestamp() AND ${free} AND ${good}
     ORDER BY taken_at DESC`,
    [from.storage, from.place],
  );
  return rows.map((row) => row.id);
}

/** Takes a copy that waits; undefined when it does not, or another is faster. */
export async function claimCopy(db: Queryable, id: string, owner: string): Promise<CopyClaim | undefined> {
  const { rows } = await db.query<Omit<CopyClaim, 'owner'>>(
    `UPDATE backup_copy
     SET attempt = attempt + 1, lease_owner = $2,
         lease_until = clock_timestamp() + make_interval(secs => $3)
     FROM backup
     WHERE backup_id = $1 AND id = backup_id AND state <> 'copied' AND due_at <= clock_timestamp() AND ${free} AND ${good}
     RETURNING id, database, location, state, verified_at IS NOT NULL AS verified, attempt`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

const mine = `backup_id = $1 AND lease_owner = $2 AND attempt = $3`;
const identity = (claim: CopyClaim) => [claim.id, claim.owner, claim.attempt];

/** Says that the runner of a copy lives; false when the copy is no longer its own, or its backup is gone. */
export async function renewCopy(db: Queryable, claim: CopyClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_copy SET lease_until = clock_timestamp() + make_interval(secs => $4) WHERE ${mine}`,
    [...identity(claim), leaseSeconds],
  );
  return rowCount === 1;
}

/** Enters that the copy is complete; false when it is no longer the runner's own. */
export async function endCopy(db: Queryable, claim: CopyClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_copy
     SET state = 'copied', behind_since = NULL, verified_at = CASE WHEN $4 THEN verified_at ELSE clock_timestamp() END,
         attempt = 0, lease_owner = NULL, lease_until = NULL, reason = NULL, error = NULL
     WHERE ${mine}`,
    [...identity(claim), claim.verified],
  );
  return rowCount === 1;
}

/** Gives a copy back, to be tried again; `counts` is whether this attempt was one. False when it is another's. */
export async function postponeCopy(
  db: Queryable,
  claim: CopyClaim,
  later: {
    state: 'pending' | 'failed';
    delaySeconds: number;
    counts: boolean;
    reason: string;
    error: string;
  },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_copy
     SET state = $4, due_at = clock_timestamp() + make_interval(secs => $5), attempt = attempt - $6, reason = $7,
         error = $8, lease_owner = NULL, lease_until = NULL
     WHERE ${mine}`,
    [...identity(claim), later.state, later.delaySeconds, later.counts ? 0 : 1, later.reason, later.error],
  );
  return rowCount === 1;
}

/** Makes a copy behind that was complete: `lost` when its storage has not got it, or not whole; else only its manifest is. */
export async function reopenCopy(db: Queryable, id: string, behind: { lost: boolean }): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_copy
     SET state = 'pending', behind_since = now(), due_at = now(), attempt = 0,
         verified_at = CASE WHEN $2 THEN NULL ELSE verified_at END
     WHERE backup_id = $1 AND state = 'copied'`,
    [id, behind.lost],
  );
  return rowCount === 1;
}

/** Whether a backup has its second copy at a place. */
export async function isCopied(db: Queryable, id: string, place: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM backup_copy WHERE backup_id = $1 AND place = $2 AND state = 'copied'`,
    [id, place],
  );
  return rowCount === 1;
}

/** How many copies of a database's good backups are behind at a place. */
export async function countBehind(db: Queryable, database: string, place: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM backup_copy JOIN backup ON id = backup_id
     WHERE database = $1 AND place = $2 AND state <> 'copied' AND ${good}`,
    [database, place],
  );
  return rows[0]?.count ?? 0;
}

/** Makes every copy that is behind due now, whatever its last attempt has said; says how many there are. */
export async function hastenCopies(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE backup_copy SET due_at = now(), attempt = 0 WHERE state <> 'copied' AND ${free}`,
  );
  return rowCount ?? 0;
}
