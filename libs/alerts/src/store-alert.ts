import type { Queryable } from '@swfx/database';
import type { Alert } from './alert';

/** Accepts an alert: from the commit of this row on it is delivered, or counted and explained. Repeating it is harmless. */
export async function storeAlert(db: Queryable, alert: Alert): Promise<void> {
  await storeAlerts(db, [alert]);
}

/**
 * Accepts several alerts in one statement: all of them or none, and in their order, since an end that was decided before
 * its beginning would end nothing. Returns how many were not there before.
 */
export async function storeAlerts(db: Queryable, alerts: readonly Alert[]): Promise<number> {
  // No conflict target: naming one would need the right to read the table, which producers do not have.
  const { rowCount } = await db.query(
    `INSERT INTO alert (id, incident, status, kind, severity, title, error, context, service, env, trace_id,
       occurred_at, accepted_at, source, expires_at, producer, sequence)
     SELECT id, incident, coalesce(status, 'firing'), kind, severity, title, error, context, service, env, "traceId",
       "occurredAt", now() + place * interval '1 microsecond', source, "expiresAt", producer, sequence
     FROM ROWS FROM (json_to_recordset($1) AS (id uuid, incident text, status text, kind text, severity text, title text,
       error text, context jsonb, service text, env text, "traceId" text, "occurredAt" timestamptz, source text,
       "expiresAt" timestamptz, producer uuid, sequence bigint)) WITH ORDINALITY
       AS given (id, incident, status, kind, severity, title, error, context, service, env, "traceId", "occurredAt",
         source, "expiresAt", producer, sequence, place)
     ON CONFLICT DO NOTHING`,
    [JSON.stringify(alerts)],
  );
  return rowCount ?? 0;
}
