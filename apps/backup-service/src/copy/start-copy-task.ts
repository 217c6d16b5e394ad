import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import { enterCopies, listDueCopies } from '../catalogue/copies';
import type { CopyWork } from './copy-work';
import { runCopy } from './run-copy';

/** Starts the task that brings every backup into the second storage, one at a time: it is not what a machine is for. */
export function startCopyTask(work: CopyWork, options: { redisUrl: Secret; onEnd: () => void }): Task {
  const from = { storage: work.storage.name, place: work.copy.place };
  return startTask({
    name: 'backup_copy',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    async due() {
      await enterCopies(work.pool, from);
      return listDueCopies(work.pool, from);
    },
    run: (id, stopping) => runCopy(work, id, stopping).finally(options.onEnd),
    pollMs: 5_000,
    concurrency: 1,
  });
}
