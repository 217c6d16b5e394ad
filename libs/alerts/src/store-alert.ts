import type { Queryable } from '@swfx/database';
import type { Alert } from './alert';

/** Accepts an alert: from the commit of this row on it is delivered, or counted and explained. Repeating it is harmless. */
export async function storeAlert(db: Queryable, alert: Alert): Promise<void> {
  // No conflict target: naming one would need the right to read the table, which producers do not have.
  await db.query(
    `INSERT INTO alert (id, incident, kind, severity, title, error, context, service, env, trace_id, occurred_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING`,
    [
      alert.id,
      alert.incident,
      alert.kind,
      alert.severity,
      alert.title,
      alert.error,
      JSON.stringify(alert.context),
      alert.service,
      alert.env,
      alert.traceId,
      alert.occurredAt,
    ],
  );
}
