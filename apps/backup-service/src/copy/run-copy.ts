/**
 * One ring of the task `backup_copy`: brings a backup into the second storage. Its manifest goes last and under the lock
 * of the backup's row, and is read again for it: neither a backup that is being deleted nor an older manifest appears
 * there. A process that dies leaves a lease that runs out, and bytes that the next attempt finds or writes again.
 */
import { randomUUID } from 'node:crypto';
import { allowPause, type Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import {
  claimCopy,
  countBehind,
  endCopy,
  postponeCopy,
  renewCopy,
  type CopyClaim,
} from '../catalogue/copies';
import { keepLease } from '../catalogue/keep-lease';
import { requestProof } from '../catalogue/proofs';
import { removeAll, replaceManifest } from '../storage/backup-folder';
import { copyDump, copyFailureOf, readSource, type CopyFailureReason, type CopyJob } from './copy-backup';
import { copyEvents } from './copy-events';
import type { CopyWork } from './copy-work';
import { decideCopyRetry } from './decide-copy-retry';

/** How long a storage may take with a manifest while its backup's row is held. */
const storageMs = 300_000;

/** Copies the backup with this id, if it waits for that. */
export async function runCopy(work: CopyWork, id: string, stopping: AbortSignal): Promise<TaskOutcome> {
  const claim = await claimCopy(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  const lease = keepLease(() => renewCopy(work.pool, claim), work.logger);
  const limit = AbortSignal.timeout(work.maxRunSeconds * 1000);
  const job = copyJob(work, claim, AbortSignal.any([stopping, lease.lost, limit]));
  const startedAt = Date.now();
  try {
    const end = await copyDump(job);
    if (end.copied) return await commit(work, { claim, job, startedAt });
    return await fail(work, claim, end);
  } catch (error) {
    if (lease.lost.aborted) return 'skipped';
    if (stopping.aborted) return await handBack(work, claim);
    return await fail(work, claim, {
      reason: copyFailureOf(error, limit.aborted),
      error: limit.aborted ? `it was not done after ${work.maxRunSeconds} s` : errorMessage(error),
    });
  } finally {
    await lease.stop();
  }
}

function copyJob(work: CopyWork, { location, verified }: CopyClaim, signal: AbortSignal): CopyJob {
  return { from: work.storage, to: work.copy, folder: location, keys: work.keys, verified, signal };
}

async function handBack(work: CopyWork, claim: CopyClaim): Promise<TaskOutcome> {
  const later = { reason: 'interrupted', error: 'the service was stopped while it was copied' };
  await postponeCopy(work.pool, claim, { state: claim.state, delaySeconds: 0, counts: false, ...later });
  return 'retry';
}

async function commit(
  work: CopyWork,
  { claim, job, startedAt }: { claim: CopyClaim; job: CopyJob; startedAt: number },
): Promise<TaskOutcome> {
  const { id, database } = claim;
  const ended = await work.audit.transaction(async (client, note) => {
    await allowPause(client, storageMs);
    if (!(await holdBackup(client, id))) return 'gone';
    const source = await readSource(job);
    if (!source.found) throw new Error(source.problem);
    if (!(await endCopy(client, claim))) return 'lost';
    await replaceManifest(work.copy, claim.location, source.content, job.signal);
    const seconds = (Date.now() - startedAt) / 1000;
    await note(copyEvents.copied(claim, source.manifest, { place: work.copy.place, seconds }));
    return 'copied';
  });
  if (ended === 'gone') await removeAll(work.copy, `${claim.location}/`);
  if (ended !== 'copied') return 'skipped';
  work.metrics.increment('db_backup_copies_total', { outcome: 'succeeded' });
  work.logger.info('A backup was copied', { backup_id: id, database, place: work.copy.place });
  if ((await countBehind(work.pool, database, work.copy.place)) === 0)
    await work.alerts.resolve(copyEvents.inStep(claim));
  return 'success';
}

/** False when the backup is gone, or about to be deleted. */
async function holdBackup(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'SELECT FROM backup WHERE id = $1 AND delete_marked_at IS NULL FOR UPDATE',
    [id],
  );
  return rowCount === 1;
}

async function fail(
  work: CopyWork,
  claim: CopyClaim,
  failure: { reason: CopyFailureReason; error: string },
): Promise<TaskOutcome> {
  const { state, delaySeconds, tell } = decideCopyRetry(claim, work);
  const about = { place: work.copy.place, reason: failure.reason, error: failure.error };
  const entered = await work.audit.transaction(async (client, note) => {
    if (!(await postponeCopy(client, claim, { state, delaySeconds, counts: true, ...failure }))) return false;
    // What cannot be copied because it is damaged may not be a backup any more: its proof says.
    if (failure.reason === 'source_damaged')
      await requestProof(client, { id: claim.id, requestedBy: 'service:backup-service' });
    if (!tell) return true;
    await note(copyEvents.failed(claim, about));
    await work.alerts.raiseIn(client, copyEvents.behind(claim, about));
    return true;
  });
  if (!entered) return 'skipped';
  work.metrics.increment('db_backup_copies_total', { outcome: 'failed' });
  work.logger[tell ? 'error' : 'warn']('A backup was not copied', {
    backup_id: claim.id,
    database: claim.database,
    attempt: claim.attempt,
    ...about,
  });
  return tell ? 'failure' : 'retry';
}
