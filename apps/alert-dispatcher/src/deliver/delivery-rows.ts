/** The statements that read deliveries and move them on. What changes one holds the destination's lock. */
import type { Alert } from '@swfx/alerts';
import type { PoolClient, Queryable } from '@swfx/database';
import { slack } from '../destination-row';
import type { AfterAttempt, MessageFormat } from './decide-after-attempt';
import type { SentMessage } from './rate-budget';

/** An alert whose delivery an operator would want to read about. */
export interface AffectedAlert {
  alertId: string;
  incident: string;
  severity: Alert['severity'];
}

const affected = `alert_id AS "alertId", incident, severity`;
const planned = 1_000;

/** What was sent in the last hour. */
export async function readSent(db: Queryable): Promise<SentMessage[]> {
  const { rows } = await db.query<SentMessage>(
    `SELECT finished_at AS "sentAt", severity FROM alert_delivery JOIN alert ON alert.id = alert_id
     WHERE destination = $1 AND state = 'sent' AND finished_at > clock_timestamp() - interval '1 hour'`,
    [slack],
  );
  return rows;
}

/** Whether anything waits to be delivered, now or later. */
export async function isAnyPending(db: Queryable): Promise<boolean> {
  const { rows } = await db.query(
    `SELECT 1 FROM alert_delivery WHERE destination = $1 AND state = 'pending' LIMIT 1`,
    [slack],
  );
  return rows.length > 0;
}

/** A due delivery as planning sees it. */
export type DueAlert = AffectedAlert & { limitedBefore: boolean };

/** The deliveries that are due, the most urgent first. */
export async function readDue(client: PoolClient): Promise<DueAlert[]> {
  const { rows } = await client.query<DueAlert>(
    `SELECT ${affected}, rate_limited_at IS NOT NULL AS "limitedBefore"
     FROM alert_delivery JOIN alert ON alert.id = alert_id
     WHERE destination = $1 AND state = 'pending' AND next_attempt_at <= clock_timestamp()
     ORDER BY array_position(ARRAY['critical', 'warning', 'info'], severity), accepted_at, alert_id LIMIT $2`,
    [slack, planned],
  );
  return rows;
}

/** Holds deliveries back until the budget has room for them. */
export async function deferDeliveries(
  client: PoolClient,
  deferred: readonly { delivery: { alertId: string }; until: Date }[],
): Promise<void> {
  if (deferred.length === 0) return;
  await client.query(
    `UPDATE alert_delivery SET next_attempt_at = until, reason = 'rate_limited',
       detail = 'the hourly budget has no room for it',
       rate_limited_at = coalesce(rate_limited_at, clock_timestamp())
     FROM unnest($2::uuid[], $3::timestamptz[]) AS held (id, until)
     WHERE alert_id = held.id AND destination = $1`,
    [slack, deferred.map(({ delivery }) => delivery.alertId), deferred.map(({ until }) => until)],
  );
}

/** A delivery with all that is needed to make it. */
export interface DueDelivery {
  alert: Alert;
  /** Attempts so far. */
  attempts: number;
  format: MessageFormat;
}

/** A due delivery, or undefined when it is not due (any more). */
export async function readDueDelivery(client: PoolClient, alertId: string): Promise<DueDelivery | undefined> {
  const { rows } = await client.query<Alert & { attempts: number; format: MessageFormat; at: Date }>(
    `SELECT alert.id, incident, kind, severity, title, error, context, service, env, trace_id AS "traceId",
       occurred_at AS at, attempts, format
     FROM alert_delivery JOIN alert ON alert.id = alert_id
     WHERE alert_id = $1 AND destination = $2 AND state = 'pending' AND next_attempt_at <= clock_timestamp()`,
    [alertId, slack],
  );
  const [row] = rows;
  if (!row) return undefined;
  const { attempts, format, at, ...alert } = row;
  return { alert: { ...alert, occurredAt: at.toISOString() }, attempts, format };
}

/** Counts an attempt that is about to be made. */
export async function countAttempt(client: PoolClient, alertId: string): Promise<void> {
  await client.query(
    'UPDATE alert_delivery SET attempts = attempts + 1 WHERE alert_id = $1 AND destination = $2',
    [alertId, slack],
  );
}

/**
 * Stores what followed an attempt, and returns the seconds since the event; undefined when it has ended already. That
 * a message was posted is always stored, even of a delivery that was given up meanwhile.
 */
export async function settleDelivery(
  client: PoolClient,
  alertId: string,
  after: AfterAttempt,
): Promise<number | undefined> {
  const pending = after.state === 'pending' ? after : undefined;
  const failed = after.state === 'sent' ? undefined : after;
  const { rows } = await client.query<{ seconds: number }>(
    `UPDATE alert_delivery SET state = $3, reason = $4, detail = $5, format = coalesce($6, format),
       next_attempt_at = clock_timestamp() + make_interval(secs => $7),
       finished_at = CASE WHEN $3 = 'pending' THEN NULL ELSE clock_timestamp() END
     FROM alert WHERE alert.id = alert_id AND alert_id = $1 AND destination = $2
       AND (state = 'pending' OR ($3 = 'sent' AND state = 'dead'))
     RETURNING extract(epoch FROM clock_timestamp() - occurred_at)::float8 AS seconds`,
    [
      alertId,
      slack,
      after.state,
      failed?.reason,
      failed?.detail,
      pending?.format,
      pending?.afterSeconds ?? 0,
    ],
  );
  return rows[0] && Math.max(0, rows[0].seconds);
}

/** Gives up what could not be delivered in a day. */
export async function expireDeliveries(
  client: PoolClient,
): Promise<(AffectedAlert & { detail: string | null })[]> {
  const { rows } = await client.query<AffectedAlert & { detail: string | null }>(
    `UPDATE alert_delivery SET state = 'dead', reason = 'expired', finished_at = clock_timestamp()
     FROM alert WHERE alert.id = alert_id AND destination = $1 AND state = 'pending'
       AND accepted_at < clock_timestamp() - interval '24 hours'
     RETURNING ${affected}, detail`,
    [slack],
  );
  return rows;
}

/** Ends what waits while alerting is off. */
export async function suppressPending(client: PoolClient, detail: string): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE alert_delivery SET state = 'suppressed', reason = 'disabled', detail = $2, finished_at = clock_timestamp()
     WHERE destination = $1 AND state = 'pending'`,
    [slack, detail],
  );
  return rowCount ?? 0;
}

/** When the oldest alert that waits for its end was accepted. */
export async function oldestUndelivered(db: Queryable): Promise<Date | undefined> {
  const { rows } = await db.query<{ oldest: Date | null }>(
    `SELECT least(
       (SELECT min(accepted_at) FROM alert WHERE decided_at IS NULL),
       (SELECT min(accepted_at) FROM alert_delivery JOIN alert ON alert.id = alert_id WHERE state = 'pending')
     ) AS oldest`,
  );
  return rows[0]?.oldest ?? undefined;
}
