import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import { endStep, noteFallback, type RestoreClaim } from '../catalogue/restores';
import { copyEvents } from '../copy/copy-events';
import { propertiesOf } from '../seal/manifest';
import { dropBeside } from './drop-beside';
import { planChange } from './plan-restore';
import { withPreparedRestore, type PreparedRestore } from './prepare-restore';
import { restoreDatabase } from './restore-database';
import { classifyRestoreFailure, RestoreError } from './restore-error';
import { restoreEvents } from './restore-events';
import type { RestoreStepInHand } from './restore-step';
import type { RestoreWork } from './restore-work';

/** Carries a planned restore out, or goes on with one whose runner died; plans it anew first. */
export async function carryOutRestore(work: RestoreWork, step: RestoreStepInHand): Promise<TaskOutcome> {
  const { claim, signal } = step;
  if (claim.startedAt === null) await work.audit.record(restoreEvents.started(claim));
  const startedAt = claim.startedAt?.getTime() ?? Date.now();
  return withPreparedRestore(work, claim, {
    signal,
    use: async (prepared) => {
      // An attempt that died may have made the very thing that now stands against the plan.
      if (claim.phase !== 'swapping') refuseIfRefused(prepared);
      if (claim.phase === null) refuseIfChanged(claim, prepared);
      await carryOut(work, step, prepared);
      return succeed(work, claim, { prepared, seconds: (Date.now() - startedAt) / 1000 });
    },
  });
}

function refuseIfRefused({ plan: { decision, obstacles } }: PreparedRestore): void {
  if (decision === 'refuse')
    throw new RestoreError('refused', obstacles.map(({ sentence }) => sentence).join('; '));
}

/** What is carried out is what somebody has approved, and nothing else. */
function refuseIfChanged({ plan: approved }: RestoreClaim, { plan }: PreparedRestore): void {
  // A plan of the version before this one has no digest.
  const change = approved?.digest ? planChange(approved, plan) : undefined;
  if (change !== undefined)
    throw new RestoreError('refused', `it is not what was approved any more (${change}); plan it anew`);
}

async function carryOut(
  work: RestoreWork,
  step: RestoreStepInHand,
  prepared: PreparedRestore,
): Promise<void> {
  const { session, target, backup, names, facts } = prepared;
  const { claim } = step;
  const { server, database } = facts;
  await step.takeServer(session);
  try {
    await restoreDatabase(
      session,
      {
        mode: claim.intoName === null ? 'swap' : 'into',
        names,
        address: target.restoreAddress,
        manifest: backup.manifest,
        location: backup.location,
        serverMajor: server.major,
        properties: claim.intoName === null ? database.properties : propertiesOf(backup.manifest),
        rolesToMake: facts.backup.roles.filter((role) => !server.roles.includes(role)),
        reached: claim.phase,
        enterPhase: (phase) => step.enterPhase(phase),
        onFallback: (problem) => sayFallback(work, claim, problem),
        onBytes: (bytes) => step.onBytes(bytes),
        signal: step.signal,
      },
      work,
    );
  } catch (error) {
    if (step.signal.aborted) throw error;
    throw await tidyUp(prepared, error);
  }
}

/** People hear of it at once: a restore may take hours, and one copy is all that is left. */
async function sayFallback(work: RestoreWork, claim: RestoreClaim, problem: string): Promise<void> {
  const place = work.copy?.place ?? '';
  const error = `its first copy is lost (${problem}); the one in ${place} was read`;
  const about = { id: claim.backupId, database: claim.database };
  await work.audit.transaction(async (client, note) => {
    await noteFallback(client, claim, error);
    await note(copyEvents.used(about, { place, error, usedFor: 'restore' }));
    await work.alerts.raiseIn(client, copyEvents.lost(about, { place, error }));
  });
  work.logger.warn('A restore reads the second copy', { restore_id: claim.id, backup_id: about.id, error });
}

/** After a failure nothing of the restore is left, or the error says what. */
async function tidyUp({ session, target, names }: PreparedRestore, error: unknown): Promise<RestoreError> {
  const failure = classifyRestoreFailure(error);
  try {
    await dropBeside(session, names.beside, target.restoreAddress);
    return failure;
  } catch (leftover) {
    const sentence = `${failure.message}; ${names.beside} is left behind (${errorMessage(leftover)})`;
    return new RestoreError(failure.reason, sentence, error);
  }
}

async function succeed(
  work: RestoreWork,
  claim: RestoreClaim,
  { prepared, seconds }: { prepared: PreparedRestore; seconds: number },
): Promise<TaskOutcome> {
  const { names, backup } = prepared;
  const kept = claim.intoName === null ? { keepHours: work.keepHours } : {};
  const entered = await work.audit.transaction(async (client, note) => {
    const result = { state: 'restored', seconds, liveName: names.live, ...kept } as const;
    if (!(await endStep(client, claim, result))) return false;
    await note(restoreEvents.succeeded(claim, backup.manifest, seconds));
    return true;
  });
  if (!entered) return 'skipped';
  work.metrics.increment('db_restore_total', { outcome: 'succeeded' });
  work.logger.info('A backup was restored', {
    restore_id: claim.id,
    database: claim.database,
    into: names.live,
  });
  await work.alerts.resolve(restoreEvents.recovery(claim));
  return 'success';
}
