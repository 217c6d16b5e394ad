import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import { hastenRetention, listDueRetentions } from '../catalogue/targets';
import type { RetentionWork } from './retention-work';
import { runRetention } from './run-retention';

/** Starts the task that deletes what need not be kept: every hour, after each proof, and when an operator asks. */
export function startRetentionTask(
  work: RetentionWork,
  options: { redisUrl: Secret; onEnd: () => void },
): Task & { hasten(): Promise<void> } {
  const databases = work.targets.map(({ name }) => name);
  const task = startTask({
    name: 'backup_retention',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    due: () => listDueRetentions(work.pool, databases),
    run: (id, stopping) => runRetention(work, id, stopping).finally(options.onEnd),
    pollMs: 5_000,
    concurrency: 1,
  });
  return {
    ...task,
    async hasten() {
      await hastenRetention(work.pool, databases).catch(() => undefined);
      await task.poll();
    },
  };
}
