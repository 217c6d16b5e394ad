import type { Severity } from '@swfx/alerts';
import type { Queryable } from '@swfx/database';
import { slack } from '../destination-row';
import { oneLine } from '../one-line';

/** An alert and what became of it, as `swfx alerts list --json` prints it. */
export interface ListedAlert {
  id: string;
  acceptedAt: Date;
  occurredAt: Date;
  severity: Severity;
  kind: string;
  incident: string;
  title: string;
  service: string;
  state: 'undecided' | 'pending' | 'sent' | 'suppressed' | 'dead';
  reason: string | null;
  detail: string | null;
  attempts: number;
  nextAttemptAt: Date | null;
  finishedAt: Date | null;
}

/** The newest alerts first. */
export async function listAlerts(db: Queryable, limit: number): Promise<ListedAlert[]> {
  const { rows } = await db.query<ListedAlert>(
    `SELECT id, accepted_at AS "acceptedAt", occurred_at AS "occurredAt", severity, kind, incident, title, service,
       coalesce(state, 'undecided') AS state, reason, detail, coalesce(attempts, 0) AS attempts,
       CASE WHEN state = 'pending' THEN next_attempt_at END AS "nextAttemptAt", finished_at AS "finishedAt"
     FROM alert LEFT JOIN alert_delivery ON alert_id = id AND destination = $1
     ORDER BY accepted_at DESC, id DESC LIMIT $2`,
    [slack, limit],
  );
  return rows;
}

/** The alerts as an aligned table. What they say is other people's text: one line each, without control characters. */
export function alertTable(alerts: readonly ListedAlert[]): string {
  if (alerts.length === 0) return 'No alert has been accepted yet.\n';
  const header = ['TIME', 'SEVERITY', 'STATE', 'REASON', 'ATTEMPTS', 'INCIDENT', 'TITLE'];
  const rows = alerts.map((alert) => [
    `${alert.occurredAt.toISOString().slice(0, 19)}Z`,
    alert.severity,
    alert.state,
    alert.reason ?? '-',
    String(alert.attempts),
    oneLine(alert.incident),
    oneLine(alert.title),
  ]);
  const widths = header.map((_, column) =>
    Math.max(...[header, ...rows].map((row) => Array.from(row[column] ?? '').length)),
  );
  return [header, ...rows].map((row) => `${alignRow(row, widths)}\n`).join('');
}

function alignRow(row: readonly string[], widths: readonly number[]): string {
  const cells = row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - Array.from(cell).length));
  return cells.join('  ').trimEnd();
}
