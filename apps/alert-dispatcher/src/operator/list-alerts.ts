import type { Severity } from '@swfx/alerts';
import type { Queryable } from '@swfx/database';

/** What has become of an alert. */
export type AlertState = 'undecided' | 'pending' | 'sent' | 'suppressed' | 'dead';

/** An alert and what became of it, as `swfx alerts list --json` prints it. */
export interface ListedAlert {
  id: string;
  acceptedAt: Date;
  occurredAt: Date;
  status: 'firing' | 'resolved';
  severity: Severity;
  kind: string;
  incident: string;
  incidentId: string | null;
  title: string;
  service: string;
  /** What it changed: `opened`, `repeated`, `resolved`, … */
  decision: string | null;
  state: AlertState;
  reason: string | null;
  detail: string | null;
  attempts: number;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
}

/** Which alerts are listed. */
export interface AlertFilter {
  limit: number;
  /** Only those that one message told of. */
  message?: string | undefined;
  /** Only this one. */
  id?: string | undefined;
}

/** The newest alerts first. Resolutions of what was never wrong and heartbeats are left out, unless asked for by id. */
export async function listAlerts(db: Queryable, { limit, message, id }: AlertFilter): Promise<ListedAlert[]> {
  const { rows } = await db.query<ListedAlert>(
    `SELECT alert.id, accepted_at AS "acceptedAt", occurred_at AS "occurredAt", status, alert.severity, alert.kind,
       alert.incident, alert.incident_id AS "incidentId", title, alert.service, decision,
       CASE
         WHEN decided_at IS NULL THEN 'undecided'
         WHEN decision IN ('repeated', 'counted', 'disabled', 'not_firing', 'overtaken', 'source_resolved')
           OR notice.outcome IN ('untold', 'disabled') THEN 'suppressed'
         WHEN notice.outcome = 'dead' THEN 'dead'
         WHEN notice.told THEN 'sent'
         ELSE coalesce(old.state, 'pending')
       END AS state,
       CASE decision WHEN 'repeated' THEN 'duplicate' WHEN 'disabled' THEN 'disabled' WHEN 'not_firing' THEN 'not_firing'
         WHEN 'overtaken' THEN 'overtaken' WHEN 'counted' THEN 'counted' WHEN 'source_resolved' THEN 'source_resolved'
         ELSE coalesce(notice.reason, old.reason) END AS reason,
       CASE decision WHEN 'repeated' THEN 'says nothing new of incident ' || incident.id
         WHEN 'disabled' THEN 'alerting is off, or there is no other destination to tell it to'
         WHEN 'not_firing' THEN 'nothing was wrong' WHEN 'overtaken' THEN 'its source had already said that it is over'
         WHEN 'counted' THEN 'counted in its incident' WHEN 'source_resolved' THEN 'another source still sees it'
         ELSE coalesce(notice.detail, old.detail) END AS detail,
       CASE WHEN decision = 'repeated' THEN 0 ELSE coalesce(notice.attempts, old.attempts, 0) END AS attempts,
       CASE WHEN notice.closed_at IS NULL AND NOT notice.told THEN notice.next_attempt_at END AS "nextAttemptAt",
       coalesce(notice.told_at, notice.closed_at, old.finished_at) AS "finishedAt"
     FROM alert
       LEFT JOIN alert_incident AS incident ON incident.id = alert.incident_id
       LEFT JOIN alert_delivery AS old ON old.alert_id = alert.id AND decision IS NULL
       LEFT JOIN LATERAL (
         SELECT outcome, reason, detail, attempts, next_attempt_at, told_at, closed_at,
           CASE alert.status WHEN 'firing' THEN sent_state <> 'nothing' ELSE sent_state = 'ended' END AS told
         FROM alert_notice WHERE incident_id = alert.incident_id
         ORDER BY escalation, outcome = 'dead' DESC, told_at NULLS FIRST, destination LIMIT 1
       ) AS notice ON true
     WHERE ($3::uuid IS NULL AND ($2::uuid IS NOT NULL OR decision IS DISTINCT FROM 'not_firing' AND alert.kind <> 'heartbeat') OR alert.id = $3)
       AND ($2::uuid IS NULL OR alert.incident_id IN (SELECT incident_id FROM alert_message_item WHERE message_id = $2))
     ORDER BY accepted_at DESC, alert.id DESC LIMIT $1`,
    [limit, message, id],
  );
  return rows;
}
