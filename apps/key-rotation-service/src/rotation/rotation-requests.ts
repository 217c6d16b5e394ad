/**
 * Every rotation that was asked for is a row: by the schedule, by an operator, or because there is no key yet. A
 * rotator claims one by writing its name and a lease into it, and everything that it does for the request it does
 * only while the row still carries that name.
 */
import { randomUUID } from 'node:crypto';
import type { PoolClient, Queryable } from '@swfx/database';
import { leaseSeconds } from './rotation-policy';

/** A request that this process has claimed. */
export interface ClaimedRequest {
  id: string;
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

/** Asks for a rotation; returns the request's id. */
export async function requestRotation(
  db: Queryable,
  request: { cause: 'scheduled' | 'operator'; requestedBy: string; simulateFailure?: boolean },
): Promise<string> {
  const id = randomUUID();
  await db.query(
    'INSERT INTO rotation_request (id, cause, requested_by, simulate_failure) VALUES ($1, $2, $3, $4)',
    [id, request.cause, request.requestedBy, request.simulateFailure ?? false],
  );
  return id;
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
     RETURNING id, requested_by AS "requestedBy", simulate_failure AS "simulateFailure", attempts`,
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
