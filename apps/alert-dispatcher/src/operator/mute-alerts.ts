import { randomUUID } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import type { Foundation } from '@swfx/service';

/** A maintenance window: what it matches is held until its end. A part that is null matches everything. */
export interface Mute {
  id: string;
  severity: string[] | null;
  service: string[] | null;
  incident: string | null;
  author: string;
  reason: string;
  startsAt: Date;
  endsAt: Date;
}

export interface MuteRequest {
  severity?: string[];
  service?: string[];
  incident?: string;
  author: string;
  reason: string;
  durationSeconds: number;
}

/** Begins a maintenance window now. */
export async function muteAlerts(
  audit: Foundation['audit'],
  request: MuteRequest,
): Promise<{ id: string; endsAt: Date }> {
  const { severity, service, incident, author, reason, durationSeconds } = request;
  const id = randomUUID();
  return audit.transaction(async (client, note) => {
    const { rows } = await client.query<{ endsAt: Date }>(
      `INSERT INTO alert_mute (id, severity, service, incident, author, reason, ends_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) RETURNING ends_at AS "endsAt"`,
      [id, severity, service, incident, author, reason, durationSeconds],
    );
    await note({
      action: 'alerts_muted',
      outcome: 'success',
      actor: author,
      subject: null,
      operationId: id,
      fields: { mute_id: id, duration_seconds: durationSeconds, comment: reason },
    });
    return { id, endsAt: rows[0]?.endsAt ?? new Date() };
  });
}

/** Ends a maintenance window before its time; false when there is none now. */
export async function endMute(audit: Foundation['audit'], actor: string, id: string): Promise<boolean> {
  return audit.transaction(async (client, note) => {
    const { rowCount } = await client.query(
      `UPDATE alert_mute SET ends_at = greatest(clock_timestamp(), starts_at + interval '1 microsecond')
       WHERE id = $1 AND ends_at > clock_timestamp()`,
      [id],
    );
    if (rowCount !== 1) return false;
    const common = { outcome: 'success', actor, subject: null, operationId: id } as const;
    await note({ action: 'alerts_unmuted', ...common, fields: { mute_id: id } });
    return true;
  });
}

/** The windows of now and of the last week, those that end last first. */
export async function listMutes(db: Queryable): Promise<Mute[]> {
  const { rows } = await db.query<Mute>(
    `SELECT id, severity, service, incident, author, reason, starts_at AS "startsAt", ends_at AS "endsAt"
     FROM alert_mute WHERE ends_at > now() - interval '7 days' ORDER BY ends_at DESC`,
  );
  return rows;
}
