import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { leaseSeconds } from '../catalogue/backup-runs';
import { describeRate } from './describe-rate';
import { formatBytes } from './format-bytes';

/** How far a run has come; `swfx backup run --json` prints it. */
export interface RunReport {
  id: string;
  database: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  attempt: number;
  phase: string | null;
  dumped_bytes: number;
  /** Seconds from the beginning of the attempt until so much was dumped. */
  elapsed_seconds: number | null;
  /** Bytes of the last dump of this database; null when there is none. */
  expected_bytes: number | null;
  /** Why the last attempt failed. */
  reason: string | null;
  error: string | null;
  size_bytes: number | null;
  duration_seconds: number | null;
}

const pollMs = 200;
const patienceMs = 20_000;

/** Follows a run to its end, or until nothing has taken it for 20 s. Each new state is said in a line. */
export async function followRun(
  db: Queryable,
  id: string,
  options: { wait: boolean; say: (line: string) => void },
): Promise<RunReport> {
  const askedAt = performance.now();
  let said = '';
  for (;;) {
    const report = await readRun(db, id);
    if (!report) throw new Error(`the backup ${id} is gone`);
    if (!options.wait || !['queued', 'running'].includes(report.state)) return report;
    if (report.attempt === 0 && performance.now() - askedAt > patienceMs) return report;
    const line = describeProgress(report);
    if (line !== said) options.say(line);
    said = line;
    await sleep(pollMs);
  }
}

/** How far a run has come; undefined when there is none of this id. */
export async function readRun(db: Queryable, id: string): Promise<RunReport | undefined> {
  const { rows } = await db.query<RunReport>(
    `SELECT run.id, run.database, run.state, run.attempt, run.phase, run.dumped_bytes, run.reason,
            extract(epoch FROM run.lease_until - run.attempt_started_at)::float8 - ${leaseSeconds} AS elapsed_seconds,
            (SELECT (manifest -> 'dump' ->> 'dumped_bytes')::float8 FROM backup last
             WHERE last.database = run.database ORDER BY taken_at DESC LIMIT 1) AS expected_bytes,
            run.error, backup.size_bytes, backup.duration_seconds
     FROM backup_run run LEFT JOIN backup USING (id) WHERE run.id = $1`,
    [id],
  );
  return rows[0];
}

/** A run that is under way, in a line. */
export function describeProgress(report: RunReport): string {
  const { database, state, attempt, phase, error } = report;
  if (state === 'queued') {
    const why = error ? `attempt ${attempt} failed (${error}); ` : '';
    return `${database}: ${why}waiting to be taken`;
  }
  const rate = describeRate({
    bytes: report.dumped_bytes,
    elapsedSeconds: report.elapsed_seconds ?? 0,
    expectedBytes: report.expected_bytes,
  });
  return [`${database}: attempt ${attempt}, ${phase ?? 'starting'}`, ...rate].join(', ');
}

/** How a run ended, or where it stands, as a sentence for people. */
export function describeEnd(report: RunReport): string {
  const { id, database, state, attempt, reason, error } = report;
  if (state === 'succeeded') {
    const size = formatBytes(report.size_bytes ?? 0);
    const seconds = (report.duration_seconds ?? 0).toFixed(1);
    return `Backed up ${database}: ${size} in ${seconds} s. Its proof follows: npx swfx backup show ${id}`;
  }
  if (state === 'cancelled') return `The backup of ${database} was cancelled; nothing of it is left.`;
  if (state === 'failed')
    return `The backup of ${database} failed after ${attempt} attempts (${reason}): ${error}.`;
  if (state === 'queued' && attempt === 0)
    return `Backup ${id} of ${database} waits and nothing has taken it: is backup-service running?`;
  return `Backup ${id} of ${database} is not done yet: npx swfx backup list tells more.`;
}
