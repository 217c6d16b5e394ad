import type { Secret } from '@swfx/config';
import { inTransaction } from '@swfx/database';
import { claimTick, ensureSchedule, startTask, type Task } from '@swfx/messaging';
import { listDueProofs, listNewestBackups, requestProof } from '../catalogue/proofs';
import type { BackupWork } from '../run/backup-work';
import { scheduleService } from '../schedule/schedule-name';
import { runProof } from './run-proof';

/** The name of the schedule by which the newest backups are proven. */
const scheduleName = 'db_backup_proof';

/**
 * Starts the task that proves backups, one at a time: each has a server of its own. By a schedule, where there is one,
 * the newest backup of each database is proven again, since what was good may have been spoiled where it is kept.
 */
export function startProofTask(
  work: BackupWork,
  options: { redisUrl: Secret; cron?: string | undefined; onEnd: () => void },
): Task {
  const { cron } = options;
  const databases = work.targets.map(({ name }) => name);
  const storage = work.storage.name;
  let scheduled = false;

  async function schedule(): Promise<void> {
    if (cron === undefined)
      await work.pool.query('DELETE FROM task_schedule WHERE name = $1', [scheduleName]);
    else await ensureSchedule(work.pool, { name: scheduleName, service: scheduleService, cron });
    scheduled = true;
  }
  /** The tick and what it is for are one transaction. */
  async function tick(): Promise<void> {
    await inTransaction(work.pool, async (client) => {
      if (!(await claimTick(client, scheduleName))) return;
      for (const id of await listNewestBackups(client, { databases, storage }))
        await requestProof(client, { id, requestedBy: 'schedule' });
    });
  }
  return startTask({
    name: 'db_backup_proof',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    async due() {
      if (!scheduled) await schedule();
      if (cron !== undefined) await tick();
      return listDueProofs(work.pool, storage);
    },
    run: (id, stopping) => runProof(work, id, stopping).finally(options.onEnd),
    pollMs: 2_000,
    concurrency: 1,
  });
}
