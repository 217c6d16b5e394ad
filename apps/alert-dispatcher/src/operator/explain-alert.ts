import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { oneLine } from '../one-line';

/** An incident from its first alert to now: what was reported, what each destination was told, every attempt. */
export interface Explanation {
  incident: {
    id: string;
    key: string;
    severity: string;
    state: string;
    openedAt: Date;
    endedAt: Date | null;
    expiresAt: Date;
    sources: Record<string, string>;
    reports: number;
    acknowledgedBy: string | null;
  } | null;
  alerts: {
    id: string;
    acceptedAt: Date;
    status: string;
    source: string;
    decision: string | null;
    title: string;
  }[];
  notices: {
    destination: string;
    sentState: string;
    outcome: string | null;
    reason: string | null;
    detail: string | null;
    attempts: number;
    nextAttemptAt: Date;
    toldAt: Date | null;
  }[];
  attempts: {
    messageId: string;
    destination: string;
    at: Date;
    act: string;
    form: string;
    outcome: string;
    reason: string | null;
    detail: string | null;
  }[];
}

/** Explains an alert by its id, or an incident by its own. */
export async function explainAlert(db: Queryable, id: string): Promise<Explanation> {
  const { rows } = await db.query<{ incidentId: string | null }>(
    `SELECT incident_id AS "incidentId" FROM alert WHERE id = $1
     UNION ALL SELECT id FROM alert_incident WHERE id = $1 LIMIT 1`,
    [id],
  );
  const [first] = rows;
  if (!first) throw new AppError('not_found', `there is neither an alert nor an incident ${id}`);
  const { incidentId } = first;
  const [incident] = await all<NonNullable<Explanation['incident']>>(db, incidentQuery, incidentId);
  return {
    incident: incident ?? null,
    alerts: await all(db, alertsQuery, incidentId, id),
    notices: await all(db, noticesQuery, incidentId),
    attempts: await all(db, attemptsQuery, incidentId),
  };
}

async function all<Row extends object>(db: Queryable, query: string, ...values: unknown[]): Promise<Row[]> {
  return (await db.query<Row>(query, values)).rows;
}

const incidentQuery = `
  SELECT id, key, severity, state, opened_at AS "openedAt", ended_at AS "endedAt", expires_at AS "expiresAt", sources,
    reports, acknowledged_by AS "acknowledgedBy"
  FROM alert_incident WHERE id = $1`;

const alertsQuery = `
  SELECT id, accepted_at AS "acceptedAt", status, coalesce(source, 'service:' || service) AS source, decision, title
  FROM alert WHERE incident_id = $1 OR id = $2 ORDER BY accepted_at, id LIMIT 200`;

const noticesQuery = `
  SELECT destination, sent_state AS "sentState", outcome, reason, detail, attempts, next_attempt_at AS "nextAttemptAt",
    told_at AS "toldAt"
  FROM alert_notice WHERE incident_id = $1 ORDER BY destination`;

const attemptsQuery = `
  SELECT message_id AS "messageId", destination, started_at AS at, act, form, outcome, reason, detail
  FROM alert_message_item JOIN alert_message ON id = message_id WHERE incident_id = $1 ORDER BY started_at LIMIT 200`;

/** An explanation as people read it, in the order in which things happened. */
export function explanationText({ incident, alerts, notices, attempts }: Explanation): string {
  return [
    ...(incident ? incidentLines(incident) : ['It belongs to no incident.']),
    ...alerts.map(
      ({ acceptedAt, status, source, decision, title, id }) =>
        `${at(acceptedAt)}  ${status} by ${oneLine(source)}: ${decision ?? 'not decided yet'}  ${oneLine(title)}  ${id}`,
    ),
    ...attempts.map(
      ({ at: time, destination, act, form, outcome, reason, detail, messageId }) =>
        `${at(time)}  ${destination}: ${act}${form === 'digest' ? ' in a digest' : ''} ${outcome}${because(reason, detail)}  ${messageId}`,
    ),
    ...notices.map((notice) => noticeLine(notice)),
    '',
  ].join('\n');
}

function incidentLines(incident: NonNullable<Explanation['incident']>): string[] {
  const { id, key, severity, state, openedAt, endedAt, expiresAt, sources, reports, acknowledgedBy } =
    incident;
  const end = endedAt ? `${state} at ${at(endedAt)}` : `firing; expires at ${at(expiresAt)}`;
  const seen = Object.entries(sources).map(([name, said]) => `${oneLine(name)} says ${said}`);
  return [
    `Incident ${oneLine(key)} (${severity}), ${id}`,
    `Since ${at(openedAt)}, ${end}; reported ${reports} times; ${seen.join(', ')}`,
    ...(acknowledgedBy ? [`Acknowledged by ${oneLine(acknowledgedBy)}`] : []),
  ];
}

function noticeLine({
  destination,
  sentState,
  outcome,
  reason,
  detail,
  nextAttemptAt,
  toldAt,
}: Explanation['notices'][number]): string {
  if (outcome) return `${destination}: ${outcome}${because(reason, detail)}`;
  if (toldAt) return `${destination}: told that it is ${sentState}${because(reason, detail)}`;
  return `${destination}: not told yet${because(reason, detail)}; next attempt at ${at(nextAttemptAt)} or later`;
}

function because(reason: string | null, detail: string | null): string {
  return reason ? `: ${reason}${detail ? ` (${oneLine(detail)})` : ''}` : '';
}

function at(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
