import type { Secret } from '@swfx/config';
import { inTransaction, type Pool } from '@swfx/database';
import { claimTick, ensureSchedule, startTask, type Task } from '@swfx/messaging';
import { listDueRuns, requestRun } from '../catalogue/backup-runs';
import { enterTarget, type TargetRules } from '../catalogue/targets';
import { isBlackedOut, scheduleText } from '../schedule/backup-schedule';
import type { BackupWork } from './backup-work';
import { runBackup } from './run-backup';

const pollMs = 2_000;
const concurrency = 2;
export const scheduleService = 'backup-service';

/** The name of a database's schedule. */
export function scheduleName(database: string): string {
  return `db_backup:${database}`;
}

/** Starts the task that takes backups: each database by its own schedule, and when an operator asks. */
export function startBackupTask(
  work: BackupWork,
  options: { redisUrl: Secret; rules: readonly TargetRules[]; onEnd: () => void },
): Task {
  const { rules } = options;
  const databases = rules.map(({ database }) => database);
  let scheduled = false;

  async function due(): Promise<string[]> {
    if (!scheduled) await enterSchedules(work.pool, rules);
    scheduled = true;
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

async function enterSchedules(pool: Pool, rules: readonly TargetRules[]): Promise<void> {
  for (const rule of rules) {
    await enterTarget(pool, rule);
    await ensureSchedule(pool, {
      name: scheduleName(rule.database),
      service: scheduleService,
      cron: scheduleText(rule.schedule),
      jitterSeconds: rule.schedule.jitterSeconds,
    });
  }
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
