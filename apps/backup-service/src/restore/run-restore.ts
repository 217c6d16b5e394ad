/**
 * One ring of the task `db_restore`: takes the step that is asked of a restore, does it, and enters how it ended in one
 * transaction with its audit record and, where it failed, its alert. A runner that dies leaves a lease that runs out;
 * whoever takes over goes on from the phase in the row. A restore that fails is not tried again by itself: a person is
 * waiting for it, and decides.
 */
import { randomUUID } from 'node:crypto';
import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import type { Client } from 'pg';
import { keepLease } from '../catalogue/keep-lease';
import {
  claimRestore,
  endStep,
  enterPhase,
  handBack,
  isSuperseded,
  renewRestore,
  type RestoreClaim,
} from '../catalogue/restores';
import { databaseNames } from './database-names';
import { fenceOff } from './fence-off';
import { openMaintenanceSession } from './maintenance-session';
import { planUndo, type UndoPlan } from './plan-undo';
import { findTarget, withPreparedRestore, type PreparedRestore } from './prepare-restore';
import { restoreDatabase } from './restore-database';
import { classifyRestoreFailure, RestoreError } from './restore-error';
import { restoreEvents } from './restore-events';
import { propertiesOf } from '../seal/manifest';
import type { RestoreWork } from './restore-work';
import { dropDatabase, listDatabases, openAgain } from './swap-databases';
import { gatherUndoFacts, undoRestore } from './undo-restore';

const takeOvers = 5;

interface Step {
  claim: RestoreClaim;
  signal: AbortSignal;
  /** Makes this the only runner that the server listens to; throws when the step is no longer this runner's. */
  takeServer(session: Client): Promise<void>;
  /** Says that a phase begins; throws when the step is no longer this runner's. */
  enterPhase(phase: string): Promise<void>;
}

/** Does the next step of the restore with this id, if one is asked. */
export async function runRestore(work: RestoreWork, id: string, stopping: AbortSignal): Promise<TaskOutcome> {
  const claim = await claimRestore(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  const lease = keepLease(() => renewRestore(work.pool, claim), work.logger);
  const limit = AbortSignal.timeout(work.maxRunSeconds * 1000);
  const step: Step = {
    claim,
    signal: AbortSignal.any([stopping, lease.lost, limit]),
    async takeServer(session) {
      // Asked first, so that a runner that was given up for dead does not fence off the one that lives.
      if (!(await renewRestore(work.pool, claim))) throw lost();
      await fenceOff(session, claim.id);
    },
    async enterPhase(phase) {
      if (!(await enterPhase(work.pool, claim, phase))) throw lost();
      await work.onPhase(claim.id, phase);
    },
  };
  try {
    if (claim.attempt > takeOvers) throw await giveUp(work, claim, step.signal);
    return await steps[claim.step](work, step);
  } catch (error) {
    // Whoever took this over has ended our session: that is no failure of the restore.
    await lease.renew();
    if (lease.lost.aborted) return 'skipped';
    if (stopping.aborted) {
      await handBack(work.pool, claim);
      return 'retry';
    }
    return await fail(work, claim, classifyRestoreFailure(limit.aborted ? timeout(work) : error));
  } finally {
    await lease.stop();
  }
}

/** Whoever died in a swap may have left the live database closed. */
async function giveUp(work: RestoreWork, claim: RestoreClaim, signal: AbortSignal): Promise<RestoreError> {
  const names = namesOf(work, claim);
  await onServer(work, claim, { signal, use: (session) => openAgain(session, names.live) });
  const what = `it was begun ${takeOvers} times, and each time the process ended without a word`;
  return new RestoreError('interrupted', `${what}; ${names.beside} may be left behind`);
}

const lost = () => new RestoreError('interrupted', 'another runner has taken this over');
const timeout = (work: RestoreWork) =>
  new RestoreError('timeout', `it was not done after ${work.maxRunSeconds} s`);

const steps: Record<RestoreClaim['step'], (work: RestoreWork, step: Step) => Promise<TaskOutcome>> = {
  plan,
  restore,
  plan_undo: planTheUndo,
  undo,
  drop_kept: dropKept,
};

async function plan(work: RestoreWork, { claim, signal }: Step): Promise<TaskOutcome> {
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

async function restore(work: RestoreWork, step: Step): Promise<TaskOutcome> {
  const { claim, signal } = step;
  if (claim.startedAt === null) await work.audit.record(restoreEvents.started(claim));
  const startedAt = claim.startedAt?.getTime() ?? Date.now();
  return withPreparedRestore(work, claim, {
    signal,
    use: async (prepared) => {
      // An attempt that died may have made the very thing that now stands against the plan.
      if (claim.phase !== 'swapping') refuseIfRefused(prepared);
      await carryOut(work, step, prepared);
      return succeed(work, claim, { prepared, seconds: (Date.now() - startedAt) / 1000 });
    },
  });
}

function refuseIfRefused({ plan: { decision, obstacles } }: PreparedRestore): void {
  if (decision === 'refuse')
    throw new RestoreError('refused', obstacles.map(({ sentence }) => sentence).join('; '));
}

async function carryOut(work: RestoreWork, step: Step, prepared: PreparedRestore): Promise<void> {
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
        address: target.address,
        manifest: backup.manifest,
        location: backup.location,
        serverMajor: server.major,
        properties: claim.intoName === null ? database.properties : propertiesOf(backup.manifest),
        rolesToMake: facts.backup.roles.filter((role) => !server.roles.includes(role)),
        reached: claim.phase,
        enterPhase: (phase) => step.enterPhase(phase),
        signal: step.signal,
      },
      work,
    );
  } catch (error) {
    if (step.signal.aborted) throw error;
    throw await tidyUp(prepared, error);
  }
}

/** After a failure nothing of the restore is left, or the error says what. */
async function tidyUp({ session, names }: PreparedRestore, error: unknown): Promise<RestoreError> {
  const failure = classifyRestoreFailure(error);
  try {
    await dropDatabase(session, names.beside);
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
  return 'success';
}

async function planTheUndo(work: RestoreWork, { claim, signal }: Step): Promise<TaskOutcome> {
  const undoPlan = await lookAtUndo(work, claim, signal);
  await endStep(work.pool, claim, { undoPlan });
  return 'success';
}

async function undo(work: RestoreWork, step: Step): Promise<TaskOutcome> {
  const { claim, signal } = step;
  const names = namesOf(work, claim);
  const undoPlan = await lookAtUndo(work, claim, signal);
  if (claim.phase === null && undoPlan.decision === 'refuse')
    throw new RestoreError('refused', undoPlan.obstacles.join('; '));
  await step.enterPhase('swapping');
  await onServer(work, claim, {
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
  return 'success';
}

async function lookAtUndo(work: RestoreWork, claim: RestoreClaim, signal: AbortSignal): Promise<UndoPlan> {
  const names = namesOf(work, claim);
  const { address } = findTarget(work, claim.database);
  const superseded = await isSuperseded(work.pool, claim);
  return onServer(work, claim, {
    signal,
    use: async (session) =>
      planUndo(await gatherUndoFacts(session, { names, address, superseded, signal }), names),
  });
}

/** What stands aside goes: the old database, or after an undo the new one. The live one is never dropped. */
async function dropKept(work: RestoreWork, { claim, signal }: Step): Promise<TaskOutcome> {
  const names = namesOf(work, claim);
  const name = claim.state === 'undone' ? names.beside : names.kept;
  await onServer(work, claim, {
    signal,
    use: async (session) => {
      const there = await listDatabases(session, [names.live]);
      if (!there.has(names.live))
        throw new RestoreError('refused', `there is no ${names.live}; ${name} is not dropped`);
      await dropDatabase(session, name);
    },
  });
  await work.audit.transaction(async (client, note) => {
    if (await endStep(client, claim, { dropped: true })) await note(restoreEvents.dropped(claim, name));
  });
  return 'success';
}

function namesOf(work: RestoreWork, claim: RestoreClaim): ReturnType<typeof databaseNames> {
  return databaseNames(claim.id, claim.liveName ?? findTarget(work, claim.database).address.database);
}

async function onServer<T>(
  work: RestoreWork,
  claim: RestoreClaim,
  options: {
    signal: AbortSignal;
    use: (session: Client) => Promise<T>;
  },
): Promise<T> {
  const session = await openMaintenanceSession(findTarget(work, claim.database).address, options.signal);
  try {
    return await options.use(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}

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
