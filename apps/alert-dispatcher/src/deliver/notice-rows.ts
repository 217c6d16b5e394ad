/** The statements that read what is owed to a destination and settle what is not owed any more. */
import type { Severity } from '@swfx/alerts';
import type { PoolClient, Queryable } from '@swfx/database';
import { policyOf } from '../decide/alert-policies';
import { decideNotice, type NoticeDecision } from '../decide/decide-notice';
import type { Candidate } from './plan-sending';

export type MessageFormat = 'blocks' | 'plain';

/** An incident whose notice an operator would want to read about. */
export interface AffectedIncident {
  incidentId: string;
  incident: string;
  severity: Severity;
}

/** A notice that differs from what is desired, whether or not it may be sent. */
export interface DueNotice extends Candidate, AffectedIncident {
  service: string;
  revision: number;
  /** What it was told for certain. */
  sentState: 'nothing' | 'firing' | 'ended';
  /** What was in doubt before. */
  tried: 'firing' | 'ended' | null;
  attempts: number;
  format: MessageFormat;
  thread: string | null;
  limitedBefore: boolean;
}

interface NoticeRow extends Omit<DueNotice, 'message'> {
  kind: string;
  state: 'firing' | 'resolved' | 'expired';
  sentRevision: number;
  muted: boolean;
  mutedBefore: boolean;
  stale: boolean;
}

/** What is owed to a destination, sorted by what is to be done about it. */
export interface Owed {
  due: DueNotice[];
  /** Held by a maintenance window, for the first time. */
  muted: AffectedIncident[];
  /** Nothing is owed any more. */
  closed: (AffectedIncident & { outcome: 'told' | 'untold' })[];
  /** Not told in its time to live. */
  stale: AffectedIncident[];
}

/** More than this would make a poll slow; what is beyond comes with a later one. */
const most = 20_000;

/** Reads what is owed, the most urgent first. */
export async function readOwed(client: PoolClient, destination: string, ttlSeconds: number): Promise<Owed> {
  const { rows } = await client.query<NoticeRow>(
    `SELECT incident_id AS "incidentId", key AS incident, kind, service, severity, state, revision,
       sent_state AS "sentState", sent_revision AS "sentRevision", tried_state AS tried, attempts, format, thread,
       CASE WHEN state = 'firing' THEN revised_at ELSE ended_at END AS since,
       rate_limited_at IS NOT NULL AS "limitedBefore", muted_at IS NOT NULL AS "mutedBefore",
       EXISTS (
         SELECT FROM alert_mute AS mute WHERE clock_timestamp() BETWEEN starts_at AND ends_at
           AND (mute.severity IS NULL OR incident.severity = ANY (mute.severity))
           AND (mute.service IS NULL OR incident.service = ANY (mute.service))
           AND (mute.incident IS NULL
             OR key LIKE replace(replace(replace(replace(mute.incident, '\\', '\\\\'), '%', '\\%'), '_', '\\_'), '*', '%'))
       ) AND kind <> 'heartbeat' AS muted,
       greatest(seen_at, replayed_at) < clock_timestamp() - make_interval(secs => $2) AS stale
     FROM alert_notice JOIN alert_incident AS incident ON incident.id = incident_id
     WHERE destination = $1 AND closed_at IS NULL AND next_attempt_at <= clock_timestamp()
       AND (sent_revision < revision OR state <> 'firing' OR tried_state IS NOT NULL)
       AND NOT (escalation AND acknowledged_at IS NOT NULL AND sent_state = 'nothing' AND tried_state IS NULL)
     ORDER BY array_position(ARRAY['critical', 'warning', 'info'], severity), since, incident_id LIMIT ${most}`,
    [destination, ttlSeconds],
  );
  return sortOut(rows);
}

function sortOut(rows: readonly NoticeRow[]): Owed {
  const owed: Owed = { due: [], muted: [], closed: [], stale: [] };
  for (const row of rows) {
    const decision = decisionOf(row);
    if (decision.act === 'close') owed.closed.push({ ...row, outcome: decision.outcome });
    if (decision.act !== 'send') continue;
    const isNews = decision.message === 'firing' || row.sentState === 'nothing';
    if (isNews && row.muted) {
      if (!row.mutedBefore) owed.muted.push(row);
    } else if (row.stale && row.sentState === 'nothing' && row.tried === null && !row.mutedBefore)
      owed.stale.push(row);
    else owed.due.push({ ...row, message: decision.message });
  }
  return owed;
}

function decisionOf(row: NoticeRow): NoticeDecision {
  const sent = { state: row.sentState, revision: row.sentRevision, tried: row.tried };
  return decideNotice(row, sent, policyOf(row.kind).ends);
}

/** Whether anything is owed to a destination that could be due by now. */
export async function readDestinationsWithDebts(db: Queryable, names: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `SELECT name FROM alert_destination
     WHERE name = ANY ($1) AND not_before <= clock_timestamp()
       AND (sender_until IS NULL OR sender_until <= clock_timestamp())
       AND EXISTS (
         SELECT FROM alert_notice JOIN alert_incident AS incident ON incident.id = incident_id
         WHERE destination = name AND closed_at IS NULL AND next_attempt_at <= clock_timestamp()
           AND (sent_revision < revision OR state <> 'firing' OR tried_state IS NOT NULL)
       )`,
    [names],
  );
  return rows.map(({ name }) => name);
}

/** Ends notices of which nothing is owed any more. */
export async function closeNotices(
  client: PoolClient,
  destination: string,
  notices: readonly {
    incidentId: string;
    outcome: 'told' | 'untold' | 'dead';
    reason?: string;
    detail?: string;
  }[],
): Promise<void> {
  if (notices.length === 0) return;
  await client.query(
    `UPDATE alert_notice SET closed_at = clock_timestamp(), outcome = given.outcome,
       reason = coalesce(given.reason, alert_notice.reason), detail = coalesce(given.detail, alert_notice.detail)
     FROM json_to_recordset($2) AS given ("incidentId" uuid, outcome text, reason text, detail text)
     WHERE incident_id = given."incidentId" AND destination = $1 AND closed_at IS NULL`,
    [destination, JSON.stringify(notices)],
  );
}

/** Tries no more to remind people of what they were told of, until there is news of it again. */
export async function skipReminders(
  client: PoolClient,
  destination: string,
  reminders: readonly { incidentId: string; revision: number }[],
): Promise<void> {
  if (reminders.length === 0) return;
  await client.query(
    `UPDATE alert_notice SET sent_revision = given.revision, format = 'blocks', attempts = 0
     FROM json_to_recordset($2) AS given ("incidentId" uuid, revision integer)
     WHERE incident_id = given."incidentId" AND destination = $1`,
    [destination, JSON.stringify(reminders)],
  );
}

/** Notes why notices wait, the first time that they do. */
export async function holdNotices(
  client: PoolClient,
  destination: string,
  held: { incidentIds: readonly string[]; reason: 'rate_limited' | 'muted'; detail: string },
): Promise<void> {
  if (held.incidentIds.length === 0) return;
  const column = held.reason === 'muted' ? 'muted_at' : 'rate_limited_at';
  await client.query(
    `UPDATE alert_notice SET reason = $3, detail = $4, ${column} = clock_timestamp()
     WHERE destination = $1 AND incident_id = ANY ($2)`,
    [destination, held.incidentIds, held.reason, held.detail],
  );
}

/**
 * Ends what waits for destinations that nothing is sent to, because alerting is off or they are not configured. What
 * was told before stays open: its end is told when they are served again.
 */
export async function closeUnservedNotices(
  db: Queryable,
  served: readonly string[],
  detail: string,
): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE alert_notice SET closed_at = clock_timestamp(), outcome = 'disabled', reason = 'disabled', detail = $2
     WHERE closed_at IS NULL AND NOT destination = ANY ($1) AND sent_state = 'nothing' AND tried_state IS NULL`,
    [served, detail],
  );
  return rowCount ?? 0;
}
