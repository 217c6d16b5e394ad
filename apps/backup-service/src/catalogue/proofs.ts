/** Proofs: which backups wait for one, who works on it, and what came of it. */
import type { Queryable } from '@swfx/database';
import { leaseSeconds } from './backup-runs';
import type { BackupPlace, Verdict } from './backups';

/** A proof in hand, held by one runner for as long as it renews its lease. */
export interface ProofClaim extends BackupPlace {
  id: string;
  database: string;
  attempt: number;
  owner: string;
}

/** Backups of this storage that wait to be proven. */
export async function listDueProofs(db: Queryable, storage: string): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup
     WHERE verdict = 'NOT_YET' AND storage = $1 AND proof_due_at <= clock_timestamp()
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
     WHERE id = $1 AND verdict = 'NOT_YET' AND proof_due_at <= clock_timestamp()
       AND (proof_lease_until IS NULL OR proof_lease_until < clock_timestamp())
     RETURNING id, database, storage, location, proof_attempt AS attempt`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** Says that the runner of a proof lives; false when the proof is no longer its own. */
export async function renewProof(db: Queryable, claim: ProofClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup SET proof_lease_until = clock_timestamp() + make_interval(secs => $4)
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND verdict = 'NOT_YET'`,
    [claim.id, claim.owner, claim.attempt, leaseSeconds],
  );
  return rowCount === 1;
}

/** Enters the verdict; false when the proof is no longer the runner's own. */
export async function setVerdict(
  db: Queryable,
  claim: ProofClaim,
  result: { verdict: Verdict; level: string; reason: string | null; seconds: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup
     SET verdict = $4, proof_level = $5, verdict_reason = $6, verdict_at = clock_timestamp(), proof_seconds = $7,
         proof_lease_owner = NULL, proof_lease_until = NULL
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND verdict = 'NOT_YET'`,
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
     WHERE id = $1 AND proof_lease_owner = $2 AND proof_attempt = $3 AND verdict = 'NOT_YET'`,
    [claim.id, claim.owner, claim.attempt, later.delaySeconds, later.reason, later.counts ? 0 : 1],
  );
}
