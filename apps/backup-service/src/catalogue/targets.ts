/** The databases that are backed up, as the service was configured, and when their retention is due. */
import type { Queryable } from '@swfx/database';
import type { RetentionPolicy } from '../retention/plan-retention';
import type { BackupSchedule } from '../schedule/backup-schedule';
import { leaseSeconds } from './backup-runs';

export interface TargetRules {
  database: string;
  schedule: BackupSchedule;
  retention: RetentionPolicy;
}

/** Retention of one database in hand, held by one runner for as long as it renews its lease. */
export interface RetentionClaim {
  id: string;
  database: string;
  /** An operator agreed that more than the usual share is deleted. */
  unlimited: boolean;
  /** Why the last one stopped, or was put off; null when it was done. */
  lastNote: string | null;
  owner: string;
}

/** Enters what the service is configured to do with a database. */
export async function enterTarget(db: Queryable, rules: TargetRules): Promise<void> {
  await db.query(
    `INSERT INTO backup_target (database, schedule, retention) VALUES ($1, $2, $3)
     ON CONFLICT (database) DO UPDATE SET schedule = $2, retention = $3, removed_at = NULL`,
    [rules.database, JSON.stringify(rules.schedule), JSON.stringify(rules.retention)],
  );
}

/** Says that a service has these databases, for so many seconds; 0 says that it has them no more. */
export async function nameTargets(
  db: Queryable,
  databases: readonly string[],
  seconds: number,
): Promise<void> {
  await db.query(
    `UPDATE backup_target SET named_until = clock_timestamp() + make_interval(secs => $2)
     WHERE database = ANY ($1)`,
    [databases, seconds],
  );
}

/** The databases that are backed up, and whether a service that runs now has each. */
export async function listTargets(db: Queryable): Promise<{ database: string; served: boolean }[]> {
  const { rows } = await db.query<{ database: string; served: boolean }>(
    `SELECT database, named_until > clock_timestamp() AS served FROM backup_target
     WHERE removed_at IS NULL ORDER BY 1`,
  );
  return rows;
}

/** Removes the databases that nobody has named for so long, with what waits to be backed up. Returns their names. */
export async function removeTargets(
  db: Queryable,
  options: { own: readonly string[]; silentSeconds: number },
): Promise<string[]> {
  const { rows } = await db.query<{ database: string }>(
    `UPDATE backup_target SET removed_at = clock_timestamp()
     WHERE removed_at IS NULL AND database <> ALL ($1)
       AND named_until <= clock_timestamp() - make_interval(secs => $2)
     RETURNING database`,
    [options.own, options.silentSeconds],
  );
  const databases = rows.map(({ database }) => database);
  await db.query(
    `UPDATE backup_run SET state = 'cancelled', cancelled_by = 'service:backup-service', finished_at = clock_timestamp(),
            phase = NULL, lease_owner = NULL, lease_until = NULL
     WHERE database = ANY ($1)
       AND (state = 'queued' OR (state = 'running' AND lease_until < clock_timestamp()))`,
    [databases],
  );
  return databases;
}

/** What is known of the databases; of one only where it is named. */
export async function readTargets(db: Queryable, database: string | null): Promise<TargetRules[]> {
  const { rows } = await db.query<TargetRules>(
    `SELECT database, schedule, retention FROM backup_target
     WHERE removed_at IS NULL AND ($1::text IS NULL OR database = $1) ORDER BY 1`,
    [database],
  );
  return rows;
}

/** Makes retention due now; `unlimited` agrees, once, to whatever share it deletes. */
export async function hastenRetention(
  db: Queryable,
  databases: readonly string[],
  unlimited = false,
): Promise<void> {
  await db.query(
    `UPDATE backup_target SET retention_due_at = now(), retention_unlimited = retention_unlimited OR $2
     WHERE database = ANY ($1)`,
    [databases, unlimited],
  );
}

const waits = `retention_due_at <= clock_timestamp() AND (lease_until IS NULL OR lease_until < clock_timestamp())`;

/** Ids of those of these databases whose retention is due and in nobody's hands. */
export async function listDueRetentions(db: Queryable, databases: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup_target WHERE database = ANY ($1) AND ${waits} ORDER BY retention_due_at`,
    [databases],
  );
  return rows.map((row) => row.id);
}

/** Takes the retention of a database; undefined when it is not due, or another is faster. */
export async function claimRetention(
  db: Queryable,
  id: string,
  owner: string,
): Promise<RetentionClaim | undefined> {
  const { rows } = await db.query<Omit<RetentionClaim, 'owner'>>(
    `UPDATE backup_target SET lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND ${waits} RETURNING id, database, retention_unlimited AS unlimited, retention_note AS "lastNote"`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** Says that the runner lives; false when the retention is no longer its own. */
export async function renewRetention(db: Queryable, claim: RetentionClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_target SET lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND lease_owner = $2`,
    [claim.id, claim.owner, leaseSeconds],
  );
  return rowCount === 1;
}

/** Enters where the backups of a database and their copies are kept: what a plan shown to people is made from. */
export async function enterPlaces(
  db: Queryable,
  claim: RetentionClaim,
  places: { storage: string; copyPlace: string | null },
): Promise<void> {
  await db.query('UPDATE backup_target SET storage = $2, copy_place = $3 WHERE id = $1', [
    claim.id,
    places.storage,
    places.copyPlace,
  ]);
}

/** Where the backups of a database are kept, as retention last knew it, and why it stopped there, if it did. */
export async function readPlaces(
  db: Queryable,
  database: string,
): Promise<{ storage: string | null; copyPlace: string | null; note: string | null }> {
  const { rows } = await db.query<{ storage: string | null; copyPlace: string | null; note: string | null }>(
    `SELECT storage, copy_place AS "copyPlace", retention_note AS note FROM backup_target WHERE database = $1`,
    [database],
  );
  return rows[0] ?? { storage: null, copyPlace: null, note: null };
}

/** Ends it: due again after so many seconds. What was agreed to was agreed to once. */
export async function endRetention(
  db: Queryable,
  claim: RetentionClaim,
  end: { againInSeconds: number; note: string | null },
): Promise<void> {
  await db.query(
    `UPDATE backup_target
     SET lease_owner = NULL, lease_until = NULL, retention_unlimited = retention_unlimited AND NOT $5, retention_at = clock_timestamp(),
         retention_note = $4,
         retention_due_at = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND lease_owner = $2`,
    [claim.id, claim.owner, end.againInSeconds, end.note, claim.unlimited],
  );
}
