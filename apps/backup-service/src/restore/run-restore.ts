/**
 * One ring of the task `db_restore`: takes the step that is asked of a restore, does it, and enters how it ended in one
 * transaction with its audit record and, where it failed, its alert. A runner that dies leaves a lease that runs out;
 * whoever takes over goes on from the phase in the row. A restore that fails is not tried again by itself: a person is
 * waiting for it, and decides.
 */
import { randomUUID } from 'node:crypto';
import type { TaskOutcome } from '@swfx/messaging';
import { BackupError } from '../backup-error';
import { keepLease } from '../catalogue/keep-lease';
import {
  claimRestore,
  endStep,
  enterPhase,
  handBack,
  pauseRestore,
  renewRestore,
  type Hold,
  type RestoreClaim,
  type RestoreStep,
} from '../catalogue/restores';
import { carryOutCancel } from './carry-out-cancel';
import { carryOutRestore } from './carry-out-restore';
import { carryOutUndo, planUndoStep } from './carry-out-undo';
import { dropKept } from './drop-kept';
import { fenceOff } from './fence-off';
import { namesOf, onTargetServer } from './on-target-server';
import { planStep } from './plan-step';
import { classifyRestoreFailure, RestoreError } from './restore-error';
import { restoreEvents } from './restore-events';
import type { RestoreStepInHand } from './restore-step';
import type { RestoreWork } from './restore-work';
import { openAgain } from './swap-databases';

const takeOvers = 5;
/** Somebody watches, and may end it. */
const renewMs = 1_000;

/** Does the next step of the restore with this id, if one is asked. */
export async function runRestore(work: RestoreWork, id: string, stopping: AbortSignal): Promise<TaskOutcome> {
  const claim = await claimRestore(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  if (claim.cancelled && claim.attempt <= takeOvers) return carryOutCancel(work, claim, stopping);
  const progress = { restoredBytes: 0, hold: 'held' as Hold };
  const renew = async () => {
    progress.hold = await renewRestore(work.pool, claim, progress.restoredBytes);
    return progress.hold === 'held';
  };
  const lease = keepLease(renew, work.logger, renewMs);
  const limit = AbortSignal.timeout(work.maxRunSeconds * 1000);
  let swapping = claim.phase === 'swapping';
  const step: RestoreStepInHand = {
    claim,
    signal: AbortSignal.any([stopping, lease.lost, limit]),
    async takeServer(session) {
      // Asked first, so that a runner that was given up for dead does not fence off the one that lives.
      if (!(await renew())) throw lost();
      await fenceOff(session, claim.id);
    },
    async enterPhase(phase) {
      progress.restoredBytes = 0;
      if (!(await enterPhase(work.pool, claim, phase))) throw lost();
      swapping ||= phase === 'swapping';
      await work.onPhase(claim.id, phase);
    },
    onBytes: (bytes) => (progress.restoredBytes = bytes),
  };
  try {
    if (claim.attempt > takeOvers) throw await giveUp(work, claim, step.signal);
    return await steps[claim.step](work, step);
  } catch (error) {
    // Whoever took this over has ended our session, or somebody asked to end it: that is no failure of the restore.
    await lease.renew();
    if (progress.hold === 'lost') return 'skipped';
    if (progress.hold === 'cancelled' && claim.attempt <= takeOvers)
      return await carryOutCancel(work, claim, stopping);
    if (stopping.aborted) {
      await handBack(work.pool, claim);
      return 'retry';
    }
    if (swapping && mayComeBack(work, claim, error)) return await waitForServer(work, claim, error);
    return await fail(work, claim, classifyRestoreFailure(limit.aborted ? timeout(work) : error));
  } finally {
    await lease.stop();
  }
}

/** Whoever died in a swap may have left the live database closed. */
async function giveUp(work: RestoreWork, claim: RestoreClaim, signal: AbortSignal): Promise<RestoreError> {
  const names = namesOf(work, claim);
  await onTargetServer(work, claim, { signal, use: (session) => openAgain(session, names.live) });
  const what = `it was begun ${takeOvers} times, and each time the process ended without a word`;
  return new RestoreError('interrupted', `${what}; ${names.beside} may be left behind`);
}

/**
 * A server that went away in the middle of a swap may have left the live database closed, or have swapped without our
 * hearing of it: whoever reaches it again finishes what was begun.
 */
function mayComeBack(work: RestoreWork, { startedAt }: RestoreClaim, error: unknown): boolean {
  const { reason, cause } = classifyRestoreFailure(error);
  if (reason !== 'cannot_connect' || (cause instanceof BackupError && cause.permanent)) return false;
  return Date.now() - (startedAt ?? new Date()).getTime() < work.maxRunSeconds * 1000;
}

async function waitForServer(work: RestoreWork, claim: RestoreClaim, error: unknown): Promise<TaskOutcome> {
  await pauseRestore(work.pool, claim);
  work.logger.warn('The server went away in a swap, which goes on when it is back', {
    restore_id: claim.id,
    database: claim.database,
    error: classifyRestoreFailure(error).message,
  });
  return 'retry';
}

const lost = () => new RestoreError('interrupted', 'another runner has taken this over');
const timeout = (work: RestoreWork) =>
  new RestoreError('timeout', `it was not done after ${work.maxRunSeconds} s`);

const steps: Record<RestoreStep, (work: RestoreWork, step: RestoreStepInHand) => Promise<TaskOutcome>> = {
  plan: planStep,
  restore: carryOutRestore,
  plan_undo: planUndoStep,
  undo: carryOutUndo,
  drop_kept: dropKept,
};

async function fail(work: RestoreWork, claim: RestoreClaim, failure: RestoreError): Promise<TaskOutcome> {
  const { reason, message } = failure;
  const changes = claim.step === 'restore' || claim.step === 'undo';
  await work.audit.transaction(async (client, note) => {
    if (!(await endStep(client, claim, { ...stateAfterFailure(claim), reason, error: message }))) return;
    if (!changes) return;
    await note(restoreEvents.failed(claim, failure));
    await work.alerts.raiseIn(client, restoreEvents.alert(claim, failure));
  });
  if (changes) work.metrics.increment('db_restore_total', { outcome: 'failed' });
  work.logger[changes ? 'error' : 'warn']('A step of a restore failed', {
    restore_id: claim.id,
    database: claim.database,
    step: claim.step,
    reason,
    error: message,
  });
  return 'failure';
}

/** An undo that fails leaves the restore as it was; what is to be dropped is tried again in an hour. */
function stateAfterFailure({ step }: RestoreClaim): { state?: 'failed'; keepHours?: number } {
  if (step === 'drop_kept') return { keepHours: 1 };
  return step === 'plan' || step === 'restore' ? { state: 'failed' } : {};
}
