/**
 * Restores: what is asked of each, who works on it, how far it has come. A person asks for one step at a time (a plan,
 * the restore, a plan of the undo, the undo); every change by a runner names its owner and attempt, so that one that
 * was given up for dead changes nothing.
 */
import type { Queryable } from '@swfx/database';
import type { RestorePlan } from '../restore/plan-restore';
import { leaseSeconds } from './backup-runs';

/** `drop_kept` is asked by time, not by a person. */
export type RestoreStep = 'plan' | 'restore' | 'plan_undo' | 'undo' | 'drop_kept';
export type RestoreState = 'new' | 'planned' | 'refused' | 'restored' | 'failed' | 'cancelled' | 'undone';

/** A step of a restore, held by one runner for as long as it renews its lease. */
export interface RestoreClaim {
  id: string;
  backupId: string;
  database: string;
  intoName: string | null;
  accepted: string[];
  /** Who asked for the step in hand. */
  askedBy: string;
  state: RestoreState;
  step: RestoreStep;
  /** How far an attempt that died had come; null at the first. */
  phase: string | null;
  attempt: number;
  startedAt: Date | null;
  liveName: string | null;
  besideName: string | null;
  keptName: string | null;
  /** What was shown to whoever approved it; null before there is one. */
  plan: RestorePlan | null;
  owner: string;
  /** Somebody has asked to end it: what it has left is to be removed, and nothing more. */
  cancelled: boolean;
}

const stands = `(asked IS NOT NULL OR (dropped_at IS NULL AND keep_until < clock_timestamp()))`;
const free = `(lease_until IS NULL OR lease_until < clock_timestamp())`;

/** Enters a wish for a restore, to be planned first. Returns its id. */
export async function requestRestore(
  db: Queryable,
  request: { backupId: string; database: string; into?: string; accepted: string[]; requestedBy: string },
): Promise<string> {
  const { rows } = await db.query<{ id: string }>(
    `INSERT INTO db_restore (backup_id, database, into_name, accepted, requested_by, asked_by)
     VALUES ($1, $2, $3, $4, $5, $5) RETURNING id`,
    [request.backupId, request.database, request.into ?? null, request.accepted, request.requestedBy],
  );
  return (rows[0] as { id: string }).id;
}

/** A restore onto another server, which an operator's process carries out by itself. */
export interface ElsewhereRestore extends Pick<
  RestoreClaim,
  'id' | 'backupId' | 'database' | 'intoName' | 'liveName' | 'accepted' | 'askedBy' | 'step'
> {
  /** As host:port. */
  intoServer: string;
}

/** Enters how it ended: nobody else is to take it up. */
export async function insertElsewhere(
  db: Queryable,
  about: ElsewhereRestore,
  end: { state: 'restored'; seconds: number } | { state: 'failed'; reason: string; error: string },
): Promise<void> {
  const failed = end.state === 'failed' ? end : undefined;
  await db.query(
    `INSERT INTO db_restore (id, backup_id, database, into_name, into_server, live_name, accepted, requested_by, asked_by,
                             asked, state, restore_seconds, reason, error, finished_at)
     VALUES ($1, $2, $3, $4, $5, $4, $6, $7, $7, NULL, $8, $9, $10, $11, now())`,
    [
      about.id,
      about.backupId,
      about.database,
      about.intoName,
      about.intoServer,
      about.accepted,
      about.askedBy,
      end.state,
      end.state === 'restored' ? end.seconds : null,
      failed?.reason ?? null,
      failed?.error ?? null,
    ],
  );
}

/** Asks for the next step of a restore; false when it is not in the state for it, or busy. */
export async function askForStep(
  db: Queryable,
  id: string,
  ask: { step: Exclude<RestoreStep, 'plan' | 'drop_kept'>; by: string },
): Promise<boolean> {
  const from = ask.step === 'restore' ? 'planned' : 'restored';
  const { rowCount } = await db.query(
    `UPDATE db_restore SET asked = $2, asked_at = now(), asked_by = $3
     WHERE id = $1 AND state = $4 AND asked IS NULL AND dropped_at IS NULL`,
    [id, ask.step, ask.by, from],
  );
  return rowCount === 1;
}

/** Restores to these databases of which something is asked and nobody works on. */
export async function listDueRestores(db: Queryable, databases: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM db_restore WHERE database = ANY ($1) AND ${stands} AND ${free} ORDER BY asked_at`,
    [databases],
  );
  return rows.map((row) => row.id);
}

/** Takes the step that is asked of a restore; undefined when there is none, or another is faster. */
export async function claimRestore(
  db: Queryable,
  id: string,
  owner: string,
): Promise<RestoreClaim | undefined> {
  const { rows } = await db.query<Omit<RestoreClaim, 'owner'>>(
    `UPDATE db_restore
     SET attempt = attempt + 1, lease_owner = $2,
         lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND ${stands} AND ${free}
     RETURNING id, backup_id AS "backupId", database, into_name AS "intoName", accepted,
               coalesce(asked_by, requested_by) AS "askedBy", state, coalesce(asked, 'drop_kept') AS step, phase,
               attempt, started_at AS "startedAt", live_name AS "liveName", beside_name AS "besideName",
               kept_name AS "keptName", plan, cancelled_by IS NOT NULL AS cancelled`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** The row of a claim, while it is its runner's own; the parameters are those of `identity`. */
export const mine = 'id = $1 AND lease_owner = $2 AND attempt = $3';
export const identity = (claim: RestoreClaim) => [claim.id, claim.owner, claim.attempt];

/** Whether a step is still its runner's: `cancelled` is that too, and somebody has asked to end it. */
export type Hold = 'held' | 'cancelled' | 'lost';

/** Says that a runner lives, and how much of the dump it has given to the new database. */
export async function renewRestore(db: Queryable, claim: RestoreClaim, restoredBytes: number): Promise<Hold> {
  const { rows } = await db.query<{ hold: Hold }>(
    `UPDATE db_restore
     SET lease_until = clock_timestamp() + make_interval(secs => $4), restored_bytes = $5
     WHERE ${mine} RETURNING CASE WHEN cancelled_by IS NULL THEN 'held' ELSE 'cancelled' END AS hold`,
    [...identity(claim), leaseSeconds, restoredBytes],
  );
  return rows[0]?.hold ?? 'lost';
}

/** Enters the phase that is about to begin; false when the step is no longer the runner's own, or is to be ended. */
export async function enterPhase(db: Queryable, claim: RestoreClaim, phase: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE db_restore SET phase = $4, phase_started_at = clock_timestamp(), restored_bytes = 0,
            started_at = coalesce(started_at, clock_timestamp()),
            lease_until = clock_timestamp() + make_interval(secs => $5)
     WHERE ${mine} AND cancelled_by IS NULL`,
    [...identity(claim), phase, leaseSeconds],
  );
  return rowCount === 1;
}

/** Enters why the second copy of the backup was read. */
export async function noteFallback(db: Queryable, claim: RestoreClaim, why: string): Promise<void> {
  await db.query(`UPDATE db_restore SET read_from_copy = $4 WHERE ${mine}`, [...identity(claim), why]);
}

/** What a step leaves in the row; what is not given stays as it is. */
export interface RestoreResult {
  state?: RestoreState;
  plan?: unknown;
  undoPlan?: unknown;
  liveName?: string;
  besideName?: string;
  keptName?: string;
  seconds?: number;
  keepHours?: number;
  dropped?: boolean;
  reason?: string;
  error?: string;
}

/** Ends a step; false when it is no longer the runner's own. */
export async function endStep(db: Queryable, claim: RestoreClaim, result: RestoreResult): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE db_restore
     SET asked = NULL, phase = NULL, attempt = 0, lease_owner = NULL, lease_until = NULL,
         state = coalesce($4, state), plan = coalesce($5, plan), undo_plan = coalesce($6, undo_plan),
         live_name = coalesce($7, live_name), beside_name = coalesce($8, beside_name),
         kept_name = coalesce($9, kept_name), restore_seconds = coalesce($10, restore_seconds),
         keep_until = CASE WHEN $11::float8 IS NULL THEN keep_until
                           ELSE clock_timestamp() + make_interval(hours => 1) * $11::float8 END,
         dropped_at = CASE WHEN $12 THEN clock_timestamp() ELSE dropped_at END,
         finished_at = CASE WHEN $4 IN ('refused', 'restored', 'failed', 'undone') THEN clock_timestamp()
                            ELSE finished_at END,
         reason = $13, error = $14
     WHERE ${mine}`,
    [
      ...identity(claim),
      result.state ?? null,
      result.plan === undefined ? null : JSON.stringify(result.plan),
      result.undoPlan === undefined ? null : JSON.stringify(result.undoPlan),
      result.liveName ?? null,
      result.besideName ?? null,
      result.keptName ?? null,
      result.seconds ?? null,
      result.keepHours ?? null,
      result.dropped ?? false,
      result.reason ?? null,
      result.error ?? null,
    ],
  );
  return rowCount === 1;
}

/** Gives a step back, so that another runner takes it at once. */
export async function handBack(db: Queryable, claim: RestoreClaim): Promise<void> {
  await db.query(
    `UPDATE db_restore SET attempt = attempt - 1, lease_owner = NULL, lease_until = NULL WHERE ${mine}`,
    [...identity(claim)],
  );
}

/** Gives a step back, to be taken again when the lease has run out. */
export async function pauseRestore(db: Queryable, claim: RestoreClaim): Promise<void> {
  await db.query(`UPDATE db_restore SET attempt = attempt - 1, lease_owner = NULL WHERE ${mine}`, [
    ...identity(claim),
  ]);
}

/** Whether a newer restore has taken the place of the same database since this one. */
export async function isSuperseded(db: Queryable, claim: RestoreClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT FROM db_restore later JOIN db_restore this ON this.id = $1
     WHERE later.database = this.database AND later.into_name IS NULL AND later.state = 'restored'
       AND later.finished_at > this.finished_at`,
    [claim.id],
  );
  return rowCount !== 0;
}
