/** Proofs: which backups wait for one, who works on it, and what came of it. */
import type { Queryable } from '@swfx/database';
import { leaseSeconds } from './backup-runs';
import type { BackupPlace, Verdict } from './backups';

/** A proof in hand, held by one runner for as long as it renews its lease. */
export interface ProofClaim extends BackupPlace {
  id: string;
  database: string;
  attempt: number;
  /** What it was found to be before: `NOT_YET`, or the verdict that this proof looks at again. */
  verdict: Verdict;
  /** Who asked for it; null for the proof that every backup gets. */
  requestedBy: string | null;
  owner: string;
}

/** A verdict that is still to be made, or to be made again. */
const waits = `(verdict = 'NOT_YET' OR proof_requested_by IS NOT NULL)`;

/** Backups of this storage that wait to be proven. */
export async function listDueProofs(db: Queryable, storage: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup
     WHERE ${waits} AND storage = $1 AND proof_due_at <= clock_timestamp()
       AND (proof_lease_until IS NULL OR proof_lease_until < clock_timestamp())
     ORDER BY taken_at DESC`,
    [storage],
  );
  return rows.map((row) => row.id);
}

/** Takes a proof that waits; undefined when it does not, or another is faster. */
export async function claimProof(db: Queryable, id: string, owner: string): Promise<ProofClaim | undefined> {
  const { rows } = await db.query<Omit<ProofClaim, 'owner'>>(
    `UPDATE backup
     SET proof_attempt = proof_attempt + 1, proof_lease_owner = $2,
         proof_lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND ${waits} AND proof_due_at <= clock_timestamp()
       AND (proof_lease_until IS NULL OR proof_lease_until < clock_timestamp())
     RETURNING id, database, storage, location, proof_attempt AS attempt, verdict,
               proof_requested_by AS "requestedBy"`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** Says that the runner of a proof lives; false when the proof is no longer its own. */
export async function renewProof(db: Queryable, claim: ProofClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup SET proof_lease_until = clock_timestamp() + make_interval(secs => $4)
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND ${waits}`,
    [claim.id, claim.owner, claim.attempt, leaseSeconds],
  );
  return rowCount === 1;
}

/** Enters the verdict; false when the proof is no longer the runner's own. */
export async function setVerdict(
  db: Queryable,
  claim: ProofClaim,
  result: { verdict: Verdict; level: string; reason: string | null; seconds: number | null },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup
     SET verdict = $4, proof_level = $5, verdict_reason = $6, verdict_at = clock_timestamp(),
         proof_seconds = coalesce($7, proof_seconds),
         proof_requested_by = NULL, proof_lease_owner = NULL, proof_lease_until = NULL
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND ${waits}`,
    [claim.id, claim.owner, claim.attempt, result.verdict, result.level, result.reason, result.seconds],
  );
  return rowCount === 1;
}

/** Gives a proof back, to be tried again; the reason is what people see meanwhile. */
export async function postponeProof(
  db: Queryable,
  claim: ProofClaim,
  later: { delaySeconds: number; reason: string; counts: boolean },
): Promise<void> {
  await db.query(
    `UPDATE backup
     SET proof_due_at = clock_timestamp() + make_interval(secs => $4), verdict_reason = $5,
         proof_attempt = proof_attempt - $6, proof_lease_owner = NULL, proof_lease_until = NULL
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND ${waits}`,
    [claim.id, claim.owner, claim.attempt, later.delaySeconds, later.reason, later.counts ? 0 : 1],
  );
}

/** Makes a proof of a backup due now, also of one that has its verdict; false when there is no such backup. */
export async function requestProof(
  db: Queryable,
  request: { id: string; requestedBy: string },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup SET proof_due_at = clock_timestamp(), proof_attempt = 0, proof_requested_by = $2
     WHERE id = $1 AND (proof_lease_until IS NULL OR proof_lease_until < clock_timestamp())`,
    [request.id, request.requestedBy],
  );
  return rowCount === 1;
}

/** Leaves the proof of a backup to the schedule. */
export async function putOffProof(db: Queryable, id: string): Promise<void> {
  await db.query(`UPDATE backup SET proof_due_at = 'infinity' WHERE id = $1`, [id]);
}

/** The newest backup of each of these databases in a storage, as far as it is to be kept. */
export async function listNewestBackups(
  db: Queryable,
  about: { databases: readonly string[]; storage: string },
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT DISTINCT ON (database) id FROM backup
     WHERE database = ANY ($1) AND storage = $2 AND delete_marked_at IS NULL ORDER BY database, taken_at DESC`,
    [about.databases, about.storage],
  );
  return rows.map((row) => row.id);
}

/** Ends a proof that somebody asked for and that could not be made: what was found before still holds. */
export async function keepVerdict(db: Queryable, claim: ProofClaim, reason: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup
     SET verdict_reason = $4, proof_requested_by = NULL, proof_lease_owner = NULL, proof_lease_until = NULL
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND ${waits}`,
    [claim.id, claim.owner, claim.attempt, reason],
  );
  return rowCount === 1;
}

/** Whether no newer backup of the same database has failed its proof. */
export async function isNewestJudgement(db: Queryable, claim: ProofClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM backup this JOIN backup newer ON newer.database = this.database AND newer.taken_at > this.taken_at
     WHERE this.id = $1 AND newer.verdict IN ('CORRUPT', 'CONTENT_DIFFERS', 'CANNOT_VERIFY_HERE')`,
    [claim.id],
  );
  return rowCount === 0;
}
