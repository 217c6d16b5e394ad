import type { Secret } from '@swfx/config';
import { inTransaction, type Pool } from '@swfx/database';
import { claimTick, startTask, type Task } from '@swfx/messaging';
import { listDueRuns, requestRun } from '../catalogue/backup-runs';
import type { TargetRules } from '../catalogue/targets';
import { isBlackedOut } from '../schedule/backup-schedule';
import { scheduleName } from '../schedule/schedule-name';
import type { BackupWork } from './backup-work';
import { runBackup } from './run-backup';

const pollMs = 2_000;
const concurrency = 2;

/** Starts the task that takes backups: each database by its own schedule, and when an operator asks. */
export function startBackupTask(
  work: BackupWork,
  options: { redisUrl: Secret; rules: readonly TargetRules[]; onEnd: () => void },
): Task {
  const { rules } = options;
  const databases = rules.map(({ database }) => database);

  async function due(): Promise<string[]> {
    for (const rule of await listDueSchedules(work.pool, rules)) await tick(work.pool, rule);
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

/** Schedules whose tick has come. One in a blackout stays due, and is taken when that ends. */
async function listDueSchedules(pool: Pool, rules: readonly TargetRules[]): Promise<TargetRules[]> {
  const { rows } = await pool.query<{ name: string; now: Date }>(
    `SELECT name, clock_timestamp() AS now FROM task_schedule
     WHERE name = ANY ($1) AND next_run_at <= clock_timestamp()`,
    [rules.map(({ database }) => scheduleName(database))],
  );
  return rules.filter(({ database, schedule }) =>
    rows.some(({ name, now }) => name === scheduleName(database) && !isBlackedOut(schedule, now)),
  );
}

/** The tick and the run that it is for are one transaction: neither is ever without the other. */
async function tick(pool: Pool, { database, schedule }: TargetRules): Promise<void> {
  const { jitterSeconds } = schedule;
  await inTransaction(pool, async (client) => {
    if (await claimTick(client, scheduleName(database), { jitterSeconds }))
      await requestRun(client, { database, requestedBy: 'schedule' });
  });
}
