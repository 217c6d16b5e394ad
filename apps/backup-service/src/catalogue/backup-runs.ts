/**
 * Runs: what is due, who works on it, how it ended. Each function is one statement, and every change of a run that is
 * under way names its owner and attempt, so that a runner that was given up for dead changes nothing.
 */
import type { Queryable } from '@swfx/database';
import type { Manifest } from '../seal/manifest';

/** An attempt at a run, held by one runner for as long as it renews its lease. */
export interface Claim {
  id: string;
  database: string;
  attempt: number;
  /** Attempts so far that count against the limit. */
  failures: number;
  requestedAt: Date;
  owner: string;
  /** The attempt before this one ended without a word: its process was killed, or its machine is gone. */
  tookOver: boolean;
  /** Somebody has asked to end the run: what it has left is to be removed, and nothing more. */
  cancelled: boolean;
}

/** How long a runner may be silent. Renewed every five seconds. */
export const leaseSeconds = 20;

/** Makes a backup of a database due now, or hastens the one that is open already. Returns its id. */
export async function requestRun(
  db: Queryable,
  request: { database: string; requestedBy: string },
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO backup_run (database, requested_by) VALUES ($1, $2)
     ON CONFLICT (database) WHERE state IN ('queued', 'running') DO UPDATE SET due_at = least(backup_run.due_at, now())
     RETURNING id`,
    [request.database, request.requestedBy],
  );
  return (rows[0] as { id: string }).id;
}

/** Runs of these databases that wait to be taken: due, or held by a runner that has fallen silent. */
export async function listDueRuns(db: Queryable, databases: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup_run
     WHERE database = ANY ($1) AND ((state = 'queued' AND due_at <= clock_timestamp())
        OR (state = 'running' AND lease_until < clock_timestamp()))
     ORDER BY due_at`,
    [databases],
  );
  return rows.map((row) => row.id);
}

/** Takes a run that waits, as its next attempt; undefined when it does not wait, or another is faster. */
export async function claimRun(db: Queryable, id: string, owner: string): Promise<Claim | undefined> {
  const { rows } = await db.query<Omit<Claim, 'owner'>>(
    `WITH waiting AS (
       SELECT id, state FROM backup_run
       WHERE id = $1 AND ((state = 'queued' AND due_at <= clock_timestamp())
          OR (state = 'running' AND lease_until < clock_timestamp()))
       FOR UPDATE SKIP LOCKED)
     UPDATE backup_run run
     SET state = 'running', attempt = run.attempt + 1, attempt_started_at = clock_timestamp(),
         failures = run.failures + (waiting.state = 'running')::int, phase = 'connecting', dumped_bytes = 0,
         lease_owner = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
     FROM waiting WHERE run.id = waiting.id
     RETURNING run.id, run.database, run.attempt, run.failures, run.requested_at AS "requestedAt",
               waiting.state = 'running' AS "tookOver", cancelled_by IS NOT NULL AS cancelled`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** Says that a runner lives, and how far it is; false when the run is no longer its own, or is to be ended. */
export async function renewRun(
  db: Queryable,
  claim: Claim,
  progress: { phase: string; dumpedBytes: number },
): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_run SET lease_until = clock_timestamp() + make_interval(secs => $4), phase = $5, dumped_bytes = $6
     WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND state = 'running' AND cancelled_by IS NULL`,
    [claim.id, claim.owner, claim.attempt, leaseSeconds, progress.phase, progress.dumpedBytes],
  );
  return rowCount === 1;
}

/** How a run goes on after an attempt. */
export type RunEnd =
  | { state: 'succeeded' }
  | { state: 'failed'; reason: string; error: string }
  /** To be tried again; `counts` is whether this attempt counts against the limit. */
  | { state: 'queued'; reason: string; error: string; delaySeconds: number; counts: boolean };

/** Ends an attempt; false when the run is no longer the runner's own. */
export async function endAttempt(db: Queryable, claim: Claim, end: RunEnd): Promise<boolean> {
  const failure = end.state === 'succeeded' ? undefined : end;
  const again = end.state === 'queued' ? end : undefined;
  const { rowCount } = await db.query(
    `UPDATE backup_run
     SET state = $4, reason = $5, error = $6, phase = NULL, lease_owner = NULL, lease_until = NULL,
         failures = failures + $7, due_at = clock_timestamp() + make_interval(secs => $8),
         finished_at = CASE WHEN $4 = 'queued' THEN NULL ELSE clock_timestamp() END
     WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND state = 'running'`,
    [
      claim.id,
      claim.owner,
      claim.attempt,
      end.state,
      failure?.reason ?? null,
      failure?.error ?? null,
      end.state === 'failed' || again?.counts ? 1 : 0,
      again?.delaySeconds ?? 0,
    ],
  );
  return rowCount === 1;
}

/** Asks to end a run that is not over: one that nobody works on is over at once. False when it was over already. */
export async function cancelRun(db: Queryable, id: string, by: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_run
     SET cancelled_by = $2, state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END,
         finished_at = CASE state WHEN 'queued' THEN clock_timestamp() ELSE finished_at END
     WHERE id = $1 AND state IN ('queued', 'running')`,
    [id, by],
  );
  return rowCount === 1;
}

/** Ends a run that somebody asked to end, once nothing of it is left; false when nobody did, or it is another's. */
export async function endCancelled(db: Queryable, claim: Claim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE backup_run
     SET state = 'cancelled', phase = NULL, lease_owner = NULL, lease_until = NULL, finished_at = clock_timestamp()
     WHERE id = $1 AND lease_owner = $2 AND attempt = $3 AND state = 'running' AND cancelled_by IS NOT NULL`,
    [claim.id, claim.owner, claim.attempt],
  );
  return rowCount === 1;
}

/** Enters the run of a backup that was found in the storage, as far as its manifest tells; one that is known stays. */
export async function insertFoundRun(db: Queryable, manifest: Manifest): Promise<void> {
  await db.query(
    `INSERT INTO backup_run (id, database, requested_by, requested_at, state, attempt, attempt_started_at, finished_at)
     VALUES ($1, $2, 'storage', $3, 'succeeded', $4, $3, $5) ON CONFLICT (id) DO NOTHING`,
    [manifest.id, manifest.database, manifest.started_at, manifest.attempt, manifest.finished_at],
  );
}
