import type { Secret } from '@swfx/config';
import { inTransaction, type Pool } from '@swfx/database';
import { claimTick, ensureSchedule, startTask, type Task } from '@swfx/messaging';
import { listDueRuns, requestRun } from '../catalogue/backup-runs';
import type { BackupWork } from './backup-work';
import { runBackup } from './run-backup';

const pollMs = 2_000;
const concurrency = 2;
export const scheduleService = 'backup-service';

/** The name of a database's schedule. */
export function scheduleName(database: string): string {
  return `db_backup:${database}`;
}

/** Starts the task that takes backups: by schedule, and when an operator asks. */
export function startBackupTask(
  work: BackupWork,
  options: { redisUrl: Secret; cron: string; onEnd: () => void },
): Task {
  const databases = work.targets.map(({ name }) => name);
  let scheduled = false;

  async function due(): Promise<string[]> {
    if (!scheduled) await ensureSchedules(work.pool, databases, options.cron);
    scheduled = true;
    for (const database of await listDueSchedules(work.pool, databases)) await tick(work.pool, database);
    return listDueRuns(work.pool, databases);
  }
  return startTask({
    name: 'db_backup',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    due,
    run: (id, stopping) => runBackup(work, id, stopping).finally(options.onEnd),
    pollMs,
    concurrency,
  });
}

async function ensureSchedules(pool: Pool, databases: readonly string[], cron: string): Promise<void> {
  for (const database of databases)
    await ensureSchedule(pool, { name: scheduleName(database), service: scheduleService, cron });
}

async function listDueSchedules(pool: Pool, databases: readonly string[]): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    'SELECT name FROM task_schedule WHERE name = ANY ($1) AND next_run_at <= clock_timestamp()',
    [databases.map(scheduleName)],
  );
  const due = new Set(rows.map((row) => row.name));
  return databases.filter((database) => due.has(scheduleName(database)));
}

/** The tick and the run that it is for are one transaction: neither is ever without the other. */
async function tick(pool: Pool, database: string): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (await claimTick(client, scheduleName(database)))
      await requestRun(client, { database, requestedBy: 'schedule' });
  });
}
