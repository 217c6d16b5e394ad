import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import { endCancelledRestore } from '../catalogue/cancelled-restores';
import { keepLease } from '../catalogue/keep-lease';
import { handBack, renewRestore, type RestoreClaim } from '../catalogue/restores';
import { dropBeside } from './drop-beside';
import { fenceOff } from './fence-off';
import { namesOf, onTargetServer } from './on-target-server';
import { findTarget } from './prepare-restore';
import type { RestoreWork } from './restore-work';

/**
 * Ends a restore that somebody has cancelled: what it has made is dropped, and only then is it entered as cancelled.
 * A server that does not answer now is asked again when the lease has run out.
 */
export async function carryOutCancel(
  work: RestoreWork,
  claim: RestoreClaim,
  stopping: AbortSignal,
): Promise<TaskOutcome> {
  const lease = keepLease(async () => (await renewRestore(work.pool, claim, 0)) !== 'lost', work.logger);
  const about = { restore_id: claim.id, database: claim.database };
  try {
    if (claim.step === 'restore') await removeAll(work, claim, AbortSignal.any([stopping, lease.lost]));
    if (!(await endCancelledRestore(work.pool, claim))) return 'skipped';
    work.metrics.increment('db_restore_total', { outcome: 'cancelled' });
    work.logger.info('A restore was cancelled', about);
    return 'skipped';
  } catch (error) {
    work.logger.warn('What a cancelled restore has left could not be removed; it will be', {
      ...about,
      error: errorMessage(error),
    });
    if (stopping.aborted) await handBack(work.pool, claim);
    return 'retry';
  } finally {
    await lease.stop();
  }
}

async function removeAll(work: RestoreWork, claim: RestoreClaim, signal: AbortSignal): Promise<void> {
  await onTargetServer(work, claim, {
    signal,
    async use(session) {
      await fenceOff(session, claim.id);
      const { restoreAddress } = findTarget(work, claim.database);
      await dropBeside(session, namesOf(work, claim).beside, restoreAddress);
    },
  });
}
