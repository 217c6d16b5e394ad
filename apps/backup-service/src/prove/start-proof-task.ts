import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import { listDueProofs } from '../catalogue/proofs';
import type { BackupWork } from '../run/backup-work';
import { runProof } from './run-proof';

/** Starts the task that proves backups, one at a time: each has a server of its own. */
export function startProofTask(work: BackupWork, options: { redisUrl: Secret; onEnd: () => void }): Task {
  return startTask({
    name: 'db_backup_proof',
    redisUrl: options.redisUrl,
    logger: work.logger,
    metrics: work.metrics,
    due: () => listDueProofs(work.pool, work.storage.name),
    run: (id, stopping) => runProof(work, id, stopping).finally(options.onEnd),
    pollMs: 2_000,
    concurrency: 1,
  });
}
