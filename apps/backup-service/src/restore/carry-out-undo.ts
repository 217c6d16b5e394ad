import type { TaskOutcome } from '@swfx/messaging';
import { endStep, isSuperseded, type RestoreClaim } from '../catalogue/restores';
import { namesOf, onTargetServer } from './on-target-server';
import { planUndo, type UndoPlan } from './plan-undo';
import { findTarget } from './prepare-restore';
import { RestoreError } from './restore-error';
import { restoreEvents } from './restore-events';
import type { RestoreStepInHand } from './restore-step';
import type { RestoreWork } from './restore-work';
import { openAgain } from './swap-databases';
import { gatherUndoFacts, undoRestore } from './undo-restore';

/** Looks at what an undo would do and lose, and enters it for people to see. */
export async function planUndoStep(
  work: RestoreWork,
  { claim, signal }: RestoreStepInHand,
): Promise<TaskOutcome> {
  const undoPlan = await lookAtUndo(work, claim, signal);
  await endStep(work.pool, claim, { undoPlan });
  return 'success';
}

/** Gives the old database back; the new one, with what was written to it, is kept beside. */
export async function carryOutUndo(work: RestoreWork, step: RestoreStepInHand): Promise<TaskOutcome> {
  const { claim, signal } = step;
  const names = namesOf(work, claim);
  // Whoever died in the swap may have left the live database closed, into which we have to look.
  if (claim.phase === 'swapping')
    await onTargetServer(work, claim, { signal, use: (session) => openAgain(session, names.live) });
  const undoPlan = await lookAtUndo(work, claim, signal);
  if (claim.phase === null && undoPlan.decision === 'refuse')
    throw new RestoreError('refused', undoPlan.obstacles.join('; '));
  await onTargetServer(work, claim, {
    signal,
    use: async (session) => {
      await step.takeServer(session);
      await step.enterPhase('swapping');
      await undoRestore(session, names);
    },
  });
  const entered = await work.audit.transaction(async (client, note) => {
    if (!(await endStep(client, claim, { state: 'undone', undoPlan, keepHours: work.keepHours })))
      return false;
    await note(restoreEvents.undone(claim, undoPlan.writes));
    return true;
  });
  if (!entered) return 'skipped';
  work.metrics.increment('db_restore_total', { outcome: 'undone' });
  work.logger.info('A restore was undone', { restore_id: claim.id, database: claim.database });
  await work.alerts.resolve(restoreEvents.recovery(claim));
  return 'success';
}

async function lookAtUndo(work: RestoreWork, claim: RestoreClaim, signal: AbortSignal): Promise<UndoPlan> {
  const names = namesOf(work, claim);
  const { restoreAddress: address } = findTarget(work, claim.database);
  const superseded = await isSuperseded(work.pool, claim);
  return onTargetServer(work, claim, {
    signal,
    use: async (session) =>
      planUndo(await gatherUndoFacts(session, { names, address, superseded, signal }), names),
  });
}
