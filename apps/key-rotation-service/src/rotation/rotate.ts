/**
 * One attempt at one request: to rotate, revoke, roll back, rewrap or adopt. The lock only keeps two rotators from doing
 * the same work: it may be lost, outlived or unreachable, and nothing depends on it. What makes a promotion happen once
 * is the transaction: it keeps the request and the set locked, decides again on what it then sees, and changes the set
 * only if its epoch is still the one from before the lock was tried. Key rows, audit records and the request's end are
 * committed together, and only then are verifiers told.
 */
import type { AuditTrail, NoteAudit } from '@swfx/audit';
import type { Pool, PoolClient } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, tryLock, type Facts, type LockAttempt } from '@swfx/messaging';
import {
  announceKeySet,
  findForgery,
  readKeySet,
  readKeySetForUpdate,
  trustInRing,
  updateKeySet,
  type KeyRing,
  type SigningAlgorithm,
  type StoredKeySet,
} from '@swfx/signing-keys';
import type { ImportedKeys } from '../import/imported-keys';
import { requireKeyEncryptionKeys, requireUsableKey } from './check-key-ring';
import { decideRequest } from './decide-request';
import { noteAdoption, noteChange, summarise, type ChangeSummary } from './note-change';
import { planChange, type ChangeDecision } from './plan-change';
import { finishRequest, keepRequest, waitForVerifiers, type ClaimedRequest } from './rotation-requests';
import { rewrapKeys } from './rewrap-keys';
import type { RotationPolicy } from './rotation-policy';
import { signMissingProbes } from './sign-missing-probes';
import { findVerifiers } from './find-verifiers';

export interface Rotator {
  pool: Pool;
  redis: Parameters<typeof tryLock>[0];
  audit: Pick<AuditTrail, 'transaction'>;
  facts: Pick<Facts, 'publish'>;
  logger: Logger;
  ring: KeyRing;
  alg: SigningAlgorithm;
  policy: RotationPolicy;
  /** Keys of the system before, for the first start. */
  imported?: ImportedKeys | undefined;
  lockTtlMs: number;
}

/** `not-ours`: another rotator took the request over, and nothing was done. */
export type RotationOutcome =
  | { outcome: 'succeeded'; keySet: StoredKeySet; reason: string; summary: ChangeSummary }
  | { outcome: 'noop'; reason: string }
  | { outcome: 'waiting'; laggards: string[]; reason: string; waitedSeconds: number; alert: boolean }
  | { outcome: 'lock_contended' }
  | { outcome: 'not-ours' };

/** Name of the lock in Redis. */
export const rotationLockName = 'lock:jwt-key-rotation';

/** What one attempt works with. */
interface Work {
  rotator: Rotator;
  request: ClaimedRequest;
  client: PoolClient;
  note: NoteAudit;
}

/** Carries out a claimed request, or says why there was nothing to do. Throws when it failed; then nothing changed. */
export async function rotate(rotator: Rotator, request: ClaimedRequest): Promise<RotationOutcome> {
  if (request.simulateFailure)
    throw new AppError('rotation_failure_simulated', 'an operator asked this rotation to fail');
  const seen = await readKeySet(rotator.pool);
  // A revocation waits for nobody: the transaction alone keeps it apart from a rotation that is under way.
  if (request.kind === 'revoke') return rotateLocked(rotator, request, undefined);
  const lock = await tryLock(rotator.redis, rotationLockName, rotator.lockTtlMs);
  if (lock.outcome === 'contended') return { outcome: 'lock_contended' };
  try {
    return await rotateLocked(rotator, request, seen.epoch);
  } finally {
    await release(lock, rotator.logger);
  }
}

/** `seenEpoch`: the epoch that the set must still have; undefined where any will do. */
async function rotateLocked(
  rotator: Rotator,
  request: ClaimedRequest,
  seenEpoch: number | undefined,
): Promise<RotationOutcome> {
  const findThem = await findVerifiers(rotator);
  const outcome = await rotator.audit.transaction(async (client, note): Promise<RotationOutcome> => {
    if (!(await keepRequest(client, request))) return { outcome: 'not-ours' };
    await requireKeyEncryptionKeys(client, rotator.ring);
    const keySet = await readKeySetForUpdate(client);
    // A set that is to be adopted is one that is not: its keys are looked at one by one.
    if (request.kind !== 'adopt') requireGenuine(keySet, rotator.ring);
    const work = { rotator, request, client, note };
    const decision = await decideRequest(work, { keySet, verifiers: await findThem(client) });
    if (decision.kind === 'refuse-empty-set') throw new AppError('key_set_refused', decision.reason);
    if (decision.kind === 'await-verifiers') {
      const { laggards, reason } = decision;
      const wait = await waitForVerifiers(client, request, reason, rotator.policy);
      return { outcome: 'waiting', laggards, reason, ...wait };
    }
    const outcome =
      decision.kind === 'not-due' || decision.kind === 'nothing-to-do'
        ? ({ outcome: 'noop', reason: decision.reason } as const)
        : await carryOut(work, decision, { keySet, seenEpoch });
    const epoch = outcome.outcome === 'succeeded' ? outcome.keySet.epoch : keySet.epoch;
    await finishRequest(client, request, { state: outcome.outcome, result: outcome.reason, epoch });
    return outcome;
  });
  // Before anything else, for verifiers wait for it; and only now, for until now it could have been undone.
  if (outcome.outcome === 'succeeded') await announce(rotator, outcome.keySet);
  return outcome;
}

async function announce(rotator: Rotator, keySet: StoredKeySet): Promise<void> {
  await rotator.facts.publish(facts.keySetChanged, { epoch: keySet.epoch, set: announceKeySet(keySet) });
}

async function carryOut(
  { rotator, request, client, note }: Work,
  decision: ChangeDecision,
  { keySet, seenEpoch = keySet.epoch }: { keySet: StoredKeySet; seenEpoch: number | undefined },
): Promise<Extract<RotationOutcome, { outcome: 'succeeded' | 'noop' }>> {
  if ('promote' in decision && decision.promote)
    await requireUsableKey(client, decision.promote, rotator.ring);
  const change = await planChange(decision, keySet.readAt, { ...rotator, createdBy: request.requestedBy });
  const known = decision.kind === 'adopt' ? await signMissingProbes(client, keySet, rotator.ring) : keySet;
  const seen = { ...known, epoch: seenEpoch };
  const update = await updateKeySet(client, rotator.ring, { seen, change });
  if (update.outcome === 'lost-race')
    return { outcome: 'noop', reason: `another rotation made epoch ${update.epoch} meanwhile` };
  const rewrapped = decision.kind === 'rewrap' ? await rewrapKeys(client, rotator.ring) : undefined;
  const summary = summarise(change);
  const rolledBack = decision.kind === 'roll-back';
  await noteChange(note, request, { epoch: update.epoch, summary, rolledBack });
  if (decision.kind === 'adopt') await noteAdoption(note, request, { from: keySet, to: update.keySet });
  if (rewrapped !== undefined)
    await note({
      action: 'jwt_keys_rewrapped',
      outcome: 'success',
      actor: request.requestedBy,
      subject: null,
      operationId: request.id,
      fields: { keys: rewrapped, kek_id: rotator.ring.sealing.id, epoch: update.epoch },
    });
  return { outcome: 'succeeded', keySet: update.keySet, reason: decision.reason, summary };
}

function requireGenuine(keySet: StoredKeySet, ring: KeyRing): void {
  const forgery = findForgery(keySet, trustInRing(ring));
  if (!forgery) return;
  const { epoch, signature } = keySet;
  const signer = signature ? `, which names ${signature.signer} as its signer` : '';
  throw new AppError('key_set_forged', `the key set of epoch ${epoch}${signer}, is not genuine: ${forgery}`);
}

async function release(lock: LockAttempt, logger: Logger): Promise<void> {
  if (lock.outcome === 'acquired') return lock.release();
  if (lock.outcome === 'unavailable')
    logger.warn('Rotated without the lock; the fence in Postgres is enough', { reason: lock.reason });
}
