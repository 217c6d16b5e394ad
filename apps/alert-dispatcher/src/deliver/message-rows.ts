/** The statements around one post: written down before it is made, settled by its answer. */
import type { Alert } from '@swfx/alerts';
import type { PoolClient, Queryable } from '@swfx/database';
import type { DueNotice } from './notice-rows';
import type { Lane, SentMessage } from './rate-budget';

/** What people were sent in the last hour, and what a sender that died may have sent them. */
export async function readSent(db: Queryable, destination: string): Promise<SentMessage[]> {
  const { rows } = await db.query<SentMessage>(
    `SELECT coalesce(finished_at, started_at) AS "sentAt", lane FROM alert_message
     WHERE destination = $1 AND started_at > clock_timestamp() - interval '1 hour'
       AND (outcome IN ('delivered', 'in_flight') OR reason = 'interrupted')`,
    [destination],
  );
  return rows;
}

/** Writes down a post that is about to be made. A post that is still in flight here died with its sender. */
export async function startMessage(
  client: PoolClient,
  message: { id: string; destination: string; lane: Lane; items: readonly DueNotice[] },
): Promise<void> {
  const { id, destination, lane, items } = message;
  // What is in flight must outlive Postgres too, also where an administrator prefers speed to that.
  await client.query('SET LOCAL synchronous_commit = on');
  await client.query(
    `WITH item AS (
       SELECT * FROM json_to_recordset($4) AS given ("incidentId" uuid, message text, revision integer, tried text)
     ), dead AS (
       UPDATE alert_message SET outcome = 'unknown', reason = 'interrupted'
       WHERE destination = $2 AND outcome = 'in_flight'
     ), made AS (
       INSERT INTO alert_message (id, destination, form, lane, items, started_at)
       SELECT $1, $2, CASE WHEN count(*) > 1 THEN 'digest' ELSE 'incident' END, $3, count(*), clock_timestamp()
       FROM item
     ), told AS (
       INSERT INTO alert_message_item (message_id, incident_id, act, revision, tried_before)
       SELECT $1, "incidentId", message, revision, tried FROM item
     )
     UPDATE alert_notice SET attempts = attempts + 1,
       tried_state = CASE message WHEN 'firing' THEN 'firing' ELSE 'ended' END
     FROM item WHERE incident_id = "incidentId" AND destination = $2`,
    [id, destination, lane, JSON.stringify(items)],
  );
}

/** What followed a post, for all that it told of. */
export interface Settlement {
  messageId: string;
  destination: string;
  outcome: 'delivered' | 'refused' | 'unknown';
  reason: string | null;
  detail: string | null;
  thread: string | null;
  format: 'blocks' | 'plain' | null;
  retryAfterSeconds: number;
}

/**
 * Settles a post. Seconds from each event to now, for those that were told of as firing. One that another sender has
 * taken over (its own was paused for longer than its lease) was told again since, and perhaps ended: what became of it
 * is written down, and changes nothing any more.
 */
export async function settleMessage(
  client: PoolClient,
  settlement: Settlement,
): Promise<number[] | 'taken over'> {
  const { messageId, destination, outcome, reason, detail } = settlement;
  const { rows } = await client.query<{ takenOver: boolean }>(
    `UPDATE alert_message AS message SET finished_at = clock_timestamp(), outcome = $2, detail = $4,
       reason = CASE WHEN before.outcome = 'in_flight' THEN $3 ELSE before.reason END
     FROM alert_message AS before WHERE message.id = $1 AND before.id = $1
     RETURNING before.outcome <> 'in_flight' AS "takenOver"`,
    [messageId, outcome, reason, detail],
  );
  if (rows[0]?.takenOver) return 'taken over';
  if (outcome === 'delivered') return settleDelivered(client, settlement);
  await client.query(
    `UPDATE alert_notice SET reason = $3, detail = $4, format = coalesce($5, format),
       tried_state = CASE WHEN $6 THEN tried_before ELSE tried_state END,
       next_attempt_at = clock_timestamp() + make_interval(secs => $7)
     FROM alert_message_item AS item
     WHERE item.message_id = $1 AND alert_notice.incident_id = item.incident_id AND destination = $2`,
    [
      messageId,
      destination,
      reason,
      detail,
      settlement.format,
      outcome === 'refused',
      settlement.retryAfterSeconds,
    ],
  );
  return [];
}

async function settleDelivered(
  client: PoolClient,
  { messageId, destination, thread }: Settlement,
): Promise<number[]> {
  const { rows } = await client.query<{ seconds: number; act: string }>(
    `UPDATE alert_notice SET sent_state = CASE act WHEN 'firing' THEN 'firing' ELSE 'ended' END, tried_state = NULL,
       sent_revision = item.revision, reason = NULL, detail = NULL, thread = coalesce($3, thread),
       told_at = coalesce(told_at, clock_timestamp()),
       closed_at = CASE act WHEN 'firing' THEN NULL ELSE clock_timestamp() END,
       outcome = CASE act WHEN 'firing' THEN NULL ELSE 'told' END
     FROM alert_message_item AS item, alert_incident AS incident, alert
     WHERE item.message_id = $1 AND alert_notice.incident_id = item.incident_id AND destination = $2
       AND incident.id = item.incident_id AND alert.id = alert_id
     RETURNING act, extract(epoch FROM clock_timestamp() - occurred_at)::float8 AS seconds`,
    [messageId, destination, thread],
  );
  return rows.filter(({ act }) => act === 'firing').map(({ seconds }) => Math.max(0, seconds));
}

/** An incident with the alerts that people read of it. */
export interface IncidentStory {
  reports: number;
  tally: Record<string, number>;
  openedAt: Date;
  endedAt: Date | null;
  alert: Alert;
  /** What ended it. */
  end: { title: string; service: string } | undefined;
}

/** Reads what a message about one incident tells. */
export async function readStory(client: PoolClient, incidentId: string): Promise<IncidentStory> {
  const { rows } = await client.query<StoryRow>(
    `SELECT alert.id, alert.incident, alert.kind, incident.severity, title, error, context, alert.service, env,
       trace_id AS "traceId", occurred_at AS at, reports, tally, opened_at AS "openedAt", ended_at AS "endedAt",
       (SELECT json_build_object('title', title, 'service', service) FROM alert WHERE id = ended_by) AS end
     FROM alert_incident AS incident JOIN alert ON alert.id = alert_id WHERE incident.id = $1`,
    [incidentId],
  );
  const [row] = rows;
  if (!row) throw new Error(`the incident ${incidentId} is not in alert_incident`);
  const { at, reports, tally, openedAt, endedAt, end, ...alert } = row;
  return {
    reports,
    tally,
    openedAt,
    endedAt,
    end: end ?? undefined,
    alert: { ...alert, occurredAt: at.toISOString() },
  };
}

type StoryRow = Omit<IncidentStory, 'alert' | 'end'> &
  Omit<Alert, 'occurredAt'> & { at: Date; end: { title: string; service: string } | null };
