/** The statements that read accepted alerts and keep incidents. Only one transaction at a time decides: it holds `lockDecisions`. */
import type { Pool, PoolClient, Queryable } from '@swfx/database';
import type { Incident, Report, ReportDecision } from './decide-report';
import type { RouteTarget } from './routes';

/** Of two like alerts exactly one opens the incident, however many replicas decide. */
export async function lockDecisions(client: PoolClient): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('alert-dispatcher:decide', 0))`);
}

/** Whether there is anything to decide: an alert, or an incident whose time is over. */
export async function isAnythingUndecided(pool: Pool): Promise<boolean> {
  const { rows } = await pool.query(
    `SELECT WHERE EXISTS (SELECT FROM alert WHERE decided_at IS NULL)
       OR EXISTS (SELECT FROM alert_incident WHERE state = 'firing' AND expires_at <= clock_timestamp())`,
  );
  return rows.length > 0;
}

/** An undecided alert, with the context that routes look at. */
export type UndecidedReport = Report & { context: Record<string, string> };

/** Undecided alerts in the order of their acceptance. */
export async function readUndecided(client: PoolClient, limit: number): Promise<UndecidedReport[]> {
  const { rows } = await client.query<UndecidedReport>(
    `SELECT id, incident AS key, status, kind, severity, service, coalesce(source, 'service:' || service) AS source,
       accepted_at AS "acceptedAt", expires_at AS "expiresAt", context,
       producer IS NOT NULL AND EXISTS (
         SELECT FROM alert AS later WHERE later.producer = alert.producer AND later.sequence >= alert.sequence
           AND later.incident = alert.incident AND later.status = 'resolved' AND later.id <> alert.id
           AND (later.accepted_at, later.id) < (alert.accepted_at, alert.id)
       ) AS overtaken
     FROM alert WHERE decided_at IS NULL ORDER BY accepted_at, id LIMIT $1`,
    [limit],
  );
  return rows;
}

/** The incidents with these keys that are firing. */
export async function readOpen(client: PoolClient, keys: readonly string[]): Promise<Incident[]> {
  const { rows } = await client.query<Incident>(
    `SELECT id, key, kind, service, severity, state, revision, revised_at AS "revisedAt", sources, reports, tally,
       alert_id AS "alertId", ended_by AS "endedBy", opened_at AS "openedAt", seen_at AS "seenAt",
       expires_at AS "expiresAt", ended_at AS "endedAt"
     FROM alert_incident WHERE state = 'firing' AND key = ANY ($1)`,
    [keys],
  );
  return rows;
}

/** Makes or updates incidents. One that has ended is written before one with its key that begins. */
export async function storeIncidents(client: PoolClient, incidents: readonly Incident[]): Promise<void> {
  for (const ended of [true, false]) {
    const some = incidents.filter((incident) => (incident.state !== 'firing') === ended);
    if (some.length > 0) await client.query(upsertIncidents, [JSON.stringify(some)]);
  }
}

const upsertIncidents = `
  INSERT INTO alert_incident (id, key, kind, service, severity, state, revision, revised_at, sources, reports, tally,
    alert_id, ended_by, opened_at, seen_at, expires_at, ended_at)
  SELECT * FROM json_to_recordset($1) AS given (id uuid, key text, kind text, service text, severity text, state text,
    revision integer, "revisedAt" timestamptz, sources jsonb, reports integer, tally jsonb, "alertId" uuid,
    "endedBy" uuid, "openedAt" timestamptz, "seenAt" timestamptz, "expiresAt" timestamptz, "endedAt" timestamptz)
  ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state, revision = excluded.revision,
    revised_at = excluded.revised_at, sources = excluded.sources, reports = excluded.reports, tally = excluded.tally,
    alert_id = excluded.alert_id, ended_by = excluded.ended_by, seen_at = excluded.seen_at,
    expires_at = excluded.expires_at, ended_at = excluded.ended_at`;

/** Writes down what became of each alert. */
export async function storeDecisions(
  client: PoolClient,
  decisions: readonly {
    id: string;
    decision: ReportDecision['decision'] | 'disabled';
    incidentId: string | null;
  }[],
): Promise<void> {
  await client.query(
    `UPDATE alert SET decided_at = clock_timestamp(), decision = given.decision, incident_id = given."incidentId"
     FROM json_to_recordset($1) AS given (id uuid, decision text, "incidentId" uuid) WHERE alert.id = given.id`,
    [JSON.stringify(decisions)],
  );
}

/**
 * Owes the news of incidents to destinations; an escalation later, and what its kind waits for. A destination that was
 * given up or not served is owed what is new all the same, and one that was to be told later is told at once where
 * what grew worse asks for that.
 */
export async function storeNotices(
  client: PoolClient,
  notices: readonly (RouteTarget & { incidentId: string; holdSeconds: number })[],
): Promise<void> {
  if (notices.length === 0) return;
  await client.query(
    `INSERT INTO alert_notice AS notice (incident_id, destination, next_attempt_at, escalation)
     SELECT "incidentId", destination, clock_timestamp() + make_interval(secs => min("afterSeconds" + "holdSeconds")),
       bool_and("afterSeconds" > 0)
     FROM json_to_recordset($1) AS given ("incidentId" uuid, destination text, "afterSeconds" float8, "holdSeconds" float8)
     GROUP BY "incidentId", destination
     ON CONFLICT (incident_id, destination) DO UPDATE SET closed_at = NULL, outcome = NULL, attempts = 0,
       format = 'blocks', escalation = notice.escalation AND excluded.escalation,
       next_attempt_at = CASE WHEN notice.closed_at IS NULL
         THEN least(notice.next_attempt_at, excluded.next_attempt_at) ELSE excluded.next_attempt_at END
     WHERE notice.outcome IN ('dead', 'disabled') OR (notice.escalation AND NOT excluded.escalation)`,
    [JSON.stringify(notices)],
  );
}

/** Ends the incidents that nobody has reported for their time. */
export async function expireIncidents(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(
    `UPDATE alert_incident SET state = 'expired', ended_at = clock_timestamp()
     WHERE state = 'firing' AND expires_at <= clock_timestamp() RETURNING key`,
  );
  return rows.map(({ key }) => key);
}

/**
 * Notes that alerts which were accepted before were posted again: their incidents go on. One that had expired
 * meanwhile is decided anew.
 */
export async function touchAlerts(
  db: Queryable,
  ids: readonly string[],
  expireSeconds: number,
): Promise<void> {
  await db.query(
    `WITH seen AS (
       UPDATE alert_incident AS incident SET seen_at = clock_timestamp(),
         expires_at = greatest(incident.expires_at, clock_timestamp() + make_interval(secs => $2))
       FROM alert WHERE alert.id = ANY ($1) AND alert.incident_id = incident.id AND alert.status = 'firing'
         AND incident.state = 'firing' AND incident.seen_at < clock_timestamp() - interval '1 minute'
     )
     UPDATE alert SET decided_at = NULL, accepted_at = clock_timestamp()
     FROM alert_incident AS incident WHERE alert.id = ANY ($1) AND alert.incident_id = incident.id
       AND alert.status = 'firing' AND incident.state = 'expired' AND decided_at IS NOT NULL`,
    [ids, expireSeconds],
  );
}
