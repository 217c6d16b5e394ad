import type { TaskOutcome } from '@swfx/messaging';
import { endStep } from '../catalogue/restores';
import { withPreparedRestore } from './prepare-restore';
import type { RestoreStepInHand } from './restore-step';
import type { RestoreWork } from './restore-work';

/** Plans a restore, and enters the plan for people to see. */
export async function planStep(
  work: RestoreWork,
  { claim, signal }: RestoreStepInHand,
): Promise<TaskOutcome> {
  return withPreparedRestore(work, claim, {
    signal,
    use: async ({ plan: decided, names }): Promise<TaskOutcome> => {
      const state = decided.decision === 'go' ? 'planned' : 'refused';
      await endStep(work.pool, claim, {
        state,
        plan: decided,
        liveName: names.live,
        besideName: names.beside,
        keptName: names.kept,
      });
      return 'success';
    },
  });
}
