import type { TaskOutcome } from '@swfx/messaging';
import { endStep } from '../catalogue/restores';
import { namesOf, onTargetServer } from './on-target-server';
import { findTarget } from './prepare-restore';
import { RestoreError } from './restore-error';
import { restoreEvents } from './restore-events';
import type { RestoreStepInHand } from './restore-step';
import type { RestoreWork } from './restore-work';
import { dropDatabase, listDatabases } from './swap-databases';

/** What stands aside goes: the old database, or after an undo the new one. The live one is never dropped. */
export async function dropKept(
  work: RestoreWork,
  { claim, signal }: RestoreStepInHand,
): Promise<TaskOutcome> {
  const names = namesOf(work, claim);
  const name = claim.state === 'undone' ? names.beside : names.kept;
  await onTargetServer(work, claim, {
    signal,
    use: async (session) => {
      const there = await listDatabases(session, [names.live]);
      if (!there.has(names.live))
        throw new RestoreError('refused', `there is no ${names.live}; ${name} is not dropped`);
      await dropDatabase(session, name, findTarget(work, claim.database).restoreAddress);
    },
  });
  await work.audit.transaction(async (client, note) => {
    if (await endStep(client, claim, { dropped: true })) await note(restoreEvents.dropped(claim, name));
  });
  return 'success';
}
