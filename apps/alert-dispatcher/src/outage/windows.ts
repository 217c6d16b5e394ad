/** Maintenance windows for the time when Postgres, where they are, is away: perhaps it is what is maintained. */
import type { Severity } from '@swfx/alerts';
import type { Queryable } from '@swfx/database';
import { matchesPattern } from '../decide/matches-pattern';

/** A window, as far as it holds something; a part that is null matches everything. */
export interface Window {
  severity: string[] | null;
  service: string[] | null;
  incident: string | null;
  startsAt: Date;
  endsAt: Date;
}

/** The windows that are not over. */
export async function readWindows(db: Queryable): Promise<Window[]> {
  const { rows } = await db.query<Window>(
    `SELECT severity, service, incident, starts_at AS "startsAt", ends_at AS "endsAt" FROM alert_mute
     WHERE ends_at > clock_timestamp()`,
  );
  return rows;
}

/** Whether a window holds what an incident has to tell. */
export function isMuted(
  incident: { severity: Severity; service: string; key: string },
  windows: readonly Window[],
  now: Date,
): boolean {
  return windows.some(
    (window) =>
      window.startsAt <= now &&
      now <= window.endsAt &&
      (window.severity === null || window.severity.includes(incident.severity)) &&
      (window.service === null || window.service.includes(incident.service)) &&
      (window.incident === null || matchesPattern(window.incident, incident.key)),
  );
}
