import { randomUUID } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import type { Foundation } from '@swfx/service';

/** News that a destination was never told, and will not be unless it is replayed. */
export interface DeadLetter {
  incidentId: string;
  incident: string;
  title: string;
  severity: string;
  destination: string;
  reason: string;
  detail: string | null;
  attempts: number;
  givenUpAt: Date;
}

/** What was given up, the newest first. */
export async function listDead(db: Queryable): Promise<DeadLetter[]> {
  const { rows } = await db.query<DeadLetter>(
    `SELECT notice.incident_id AS "incidentId", key AS incident, title, incident.severity, destination, reason, detail,
       attempts, closed_at AS "givenUpAt"
     FROM alert_notice AS notice JOIN alert_incident AS incident ON incident.id = notice.incident_id
       JOIN alert ON alert.id = incident.alert_id
     WHERE outcome = 'dead' ORDER BY closed_at DESC, notice.incident_id LIMIT 1000`,
  );
  return rows;
}

/** Owes again what was given up: of one incident, or all of it. Returns how many notices. */
export async function replayDead(
  audit: Foundation['audit'],
  actor: string,
  incidentId?: string,
): Promise<number> {
  return audit.transaction(async (client, note) => {
    const { rowCount } = await client.query(
      `UPDATE alert_notice SET closed_at = NULL, outcome = NULL, reason = 'replayed', detail = NULL, format = 'blocks',
         attempts = 0, next_attempt_at = clock_timestamp(), replayed_at = clock_timestamp()
       WHERE outcome = 'dead' AND ($1::uuid IS NULL OR incident_id = $1)`,
      [incidentId],
    );
    const count = rowCount ?? 0;
    if (count > 0)
      await note({
        action: 'alerts_replayed',
        outcome: 'success',
        actor,
        subject: null,
        operationId: incidentId ?? randomUUID(),
        fields: { incident_id: incidentId ?? null, count },
      });
    return count;
  });
}

/** Notes who looks after an incident; false when it is not firing. */
export async function acknowledge(
  audit: Foundation['audit'],
  actor: string,
  incidentId: string,
): Promise<boolean> {
  return audit.transaction(async (client, note) => {
    const { rowCount } = await client.query(
      `UPDATE alert_incident SET acknowledged_at = clock_timestamp(), acknowledged_by = $2
       WHERE id = $1 AND state = 'firing'`,
      [incidentId, actor],
    );
    if (rowCount !== 1) return false;
    await note({
      action: 'alert_acknowledged',
      outcome: 'success',
      actor,
      subject: null,
      operationId: incidentId,
      fields: { incident_id: incidentId },
    });
    return true;
  });
}
