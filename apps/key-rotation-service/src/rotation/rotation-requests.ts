/**
 * Every rotation that was asked for is a row: by the schedule, by an operator, or because there is no key yet. A
 * rotator claims one by writing its name and a lease into it, and everything that it does for the request it does
 * only while the row still carries that name.
 */
import { randomUUID } from 'node:crypto';
import type { PoolClient, Queryable } from '@swfx/database';
import { leaseSeconds, type RotationPolicy } from './rotation-policy';

/** How often a rotation that waits looks again whether its verifiers have caught up. */
const waitPauseSeconds = 2;

/** What can be asked for. Only a rotation may have to wait for verifiers. */
export type RequestKind = 'rotate' | 'revoke' | 'rollback' | 'rewrap' | 'adopt';

/** A request that this process has claimed. */
export interface ClaimedRequest {
  id: string;
  kind: RequestKind;
  /** The key that is to be revoked. */
  kid: string | null;
  force: boolean;
  owner: string;
  /** A pseudonymous id: who is named in the audit trail. */
  requestedBy: string;
  simulateFailure: boolean;
  /** How many attempts were made, this one included. */
  attempts: number;
}

export interface RequestEnd {
  state: 'succeeded' | 'noop' | 'failed';
  /** What came of it, in a sentence. */
  result: string;
  epoch?: number;
}

/** What somebody asks for: a plain rotation unless it says otherwise. */
export interface RotationRequest {
  cause: 'scheduled' | 'operator';
  requestedBy: string;
  kind?: RequestKind;
  kid?: string;
  force?: boolean;
  simulateFailure?: boolean;
}

/** Asks for a rotation, or for another change of the set; returns the request's id. */
export async function requestRotation(db: Queryable, request: RotationRequest): Promise<string> {
  const id = randomUUID();
  const { cause, requestedBy, kind = 'rotate', kid = null, force = false, simulateFailure = false } = request;
  await db.query(
    `INSERT INTO rotation_request (id, cause, requested_by, kind, kid, force, simulate_failure)
     VALUES ($1, $2, $3, $4, $5, $6, $7)`,
    [id, cause, requestedBy, kind, kid, force, simulateFailure],
  );
  return id;
}

/** Whether a rotation that the schedule asked for is still to be done: it waits for a verifier, or is tried again. */
export async function scheduledRotationIsOpen(db: Queryable): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM rotation_request WHERE cause = 'scheduled' AND state IN ('queued', 'running')`,
  );
  return rowCount !== 0;
}

/** Asks for the first key where there has never been one; one that failed is asked for again after five minutes. */
export async function requestFirstStart(db: Queryable, requestedBy: string): Promise<void> {
  await db.query(
    `INSERT INTO rotation_request (id, cause, requested_by)
     SELECT $1, 'first_start', $2 FROM key_set WHERE epoch = 0 AND NOT EXISTS (
       SELECT 1 FROM rotation_request
       WHERE cause = 'first_start' AND requested_at > now() - interval '5 minutes')
     ON CONFLICT DO NOTHING`,
    [randomUUID(), requestedBy],
  );
}

const isDue = `(state = 'queued' AND next_attempt_at <= clock_timestamp()
  OR state = 'running' AND lease_until <= clock_timestamp())`;

/** Requests that wait, and those whose rotator has been silent for longer than its lease; oldest first. */
export async function dueRequests(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM rotation_request WHERE ${isDue} ORDER BY requested_at LIMIT 20`,
  );
  return rows.map(({ id }) => id);
}

/**
 * Takes a due request; undefined when it is another's or done. The lease is not renewed: a rotation takes
 * milliseconds, and one that outlives its lease finds the row no longer its own and changes nothing.
 */
export async function claimRequest(
  db: Queryable,
  id: string,
  owner: string,
): Promise<ClaimedRequest | undefined> {
  const { rows } = await db.query<Omit<ClaimedRequest, 'owner'>>(
    `UPDATE rotation_request
     SET state = 'running', attempts = attempts + 1, lease_owner = $2,
         lease_until = clock_timestamp() + make_interval(secs => $3)
     WHERE id = $1 AND ${isDue}
     RETURNING id, kind, kid, force, requested_by AS "requestedBy", simulate_failure AS "simulateFailure", attempts`,
    [id, owner, leaseSeconds],
  );
  return rows[0] && { ...rows[0], owner };
}

/** Whether the request is still this rotator's; nobody can take it until the caller's transaction ends. */
export async function keepRequest(client: PoolClient, { id, owner }: ClaimedRequest): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT 1 FROM rotation_request WHERE id = $1 AND lease_owner = $2 AND state = 'running' FOR UPDATE`,
    [id, owner],
  );
  return rowCount === 1;
}

/** Ends a request, if it is still this rotator's. */
export async function finishRequest(
  db: Queryable,
  { id, owner }: ClaimedRequest,
  end: RequestEnd,
): Promise<void> {
  await db.query(
    `UPDATE rotation_request
     SET state = $3, result = $4, epoch = $5, finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL
     WHERE id = $1 AND lease_owner = $2`,
    [id, owner, end.state, end.result, end.epoch ?? null],
  );
}

/** Puts a request back for another attempt, if it is still this rotator's. */
export async function postponeRequest(
  db: Queryable,
  { id, owner }: ClaimedRequest,
  retry: { delaySeconds: number; result: string; contended: boolean },
): Promise<void> {
  await db.query(
    `UPDATE rotation_request
     SET state = 'queued', result = $3, next_attempt_at = clock_timestamp() + make_interval(secs => $4),
         contended_at = CASE WHEN $5 THEN contended_at || clock_timestamp() ELSE contended_at END,
         lease_owner = NULL, lease_until = NULL
     WHERE id = $1 AND lease_owner = $2`,
    [id, owner, retry.result, retry.delaySeconds, retry.contended],
  );
}

/**
 * Puts a rotation back until the verifiers that it waits for may have caught up; to wait is no attempt that failed. Says
 * how long it has waited, and whether that is now to be alerted: at the bound, and again each time it is over.
 */
export async function waitForVerifiers(
  client: PoolClient,
  { id, owner }: ClaimedRequest,
  reason: string,
  { verifierWaitSeconds }: Pick<RotationPolicy, 'verifierWaitSeconds'>,
): Promise<{ waitedSeconds: number; alert: boolean }> {
  const { rows } = await client.query<{ waitedSeconds: number; alert: boolean }>(
    `UPDATE rotation_request r
     SET state = 'queued', result = $3, attempts = attempts - 1, lease_owner = NULL, lease_until = NULL,
         next_attempt_at = clock_timestamp() + make_interval(secs => $4),
         waiting_since = coalesce(r.waiting_since, statement_timestamp()),
         wait_alerted_at = CASE WHEN due.alert THEN statement_timestamp() ELSE r.wait_alerted_at END
     FROM (SELECT id, coalesce(wait_alerted_at, waiting_since) + make_interval(secs => $5) <= statement_timestamp()
             AS alert
           FROM rotation_request) due
     WHERE r.id = $1 AND r.lease_owner = $2 AND due.id = r.id
     RETURNING extract(epoch FROM statement_timestamp() - r.waiting_since)::float8 AS "waitedSeconds",
       coalesce(due.alert, false) AS alert`,
    [id, owner, reason, waitPauseSeconds, verifierWaitSeconds],
  );
  return rows[0] ?? { waitedSeconds: 0, alert: false };
}

/** Why a rotation waits for verifiers, in a sentence; undefined when none does. */
export async function currentWait(db: Queryable): Promise<string | undefined> {
  const { rows } = await db.query<{ result: string }>(
    `SELECT result FROM rotation_request
     WHERE state IN ('queued', 'running') AND waiting_since IS NOT NULL ORDER BY waiting_since LIMIT 1`,
  );
  return rows[0]?.result;
}

/** How often any rotator met another one's lock in the last 15 minutes. */
export async function recentContentions(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM rotation_request, unnest(contended_at) AS at
     WHERE requested_at > now() - interval '1 hour' AND at > now() - interval '15 minutes'`,
  );
  return rows[0]?.count ?? 0;
}

/** Forgets requests that ended a month ago; what came of them is in the audit trail. */
export async function forgetOldRequests(db: Queryable): Promise<void> {
  await db.query(`DELETE FROM rotation_request WHERE finished_at < now() - interval '30 days'`);
}
