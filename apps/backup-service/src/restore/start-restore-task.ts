import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import { listDueRestores } from '../catalogue/restores';
import type { RestoreWork } from './restore-work';
import { runRestore } from './run-restore';

/** Starts the task that carries restores out: a step of one is due as soon as somebody asks for it. */
export function startRestoreTask(work: RestoreWork, options: { redisUrl: Secret }): Task {
  const databases = work.targets.map(({ name }) => name);
  return startTask({
    name: 'db_restore',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    due: () => listDueRestores(work.pool, databases),
    run: (id, stopping) => runRestore(work, id, stopping),
    pollMs: 2_000,
    concurrency: 1,
  });
}
