/**
 * One attempt at one rotation request. The lock only keeps two rotators from doing the same work: it may be lost,
 * outlived or unreachable, and nothing depends on it. What makes a promotion happen once is the transaction: it keeps
 * the request and the set locked, decides again on what it then sees, and changes the set only if its epoch is still
 * the one from before the lock was tried. Key rows, audit records and the request's end are committed together.
 */
import type { AuditTrail, NoteAudit } from '@swfx/audit';
import type { Pool, PoolClient } from '@swfx/database';
import { AppError } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { tryLock, type LockAttempt } from '@swfx/messaging';
import {
  readKeySet,
  readKeySetForUpdate,
  updateKeySet,
  type KeyRing,
  type KeySet,
  type SigningAlgorithm,
} from '@swfx/signing-keys';
import { requireKeyEncryptionKeys, requireUsableKey } from './check-key-ring';
import { decideRotation } from './decide-rotation';
import { noteChange, summarise, type ChangeSummary } from './note-change';
import { planChange, type ChangeDecision } from './plan-change';
import { finishRequest, keepRequest, type ClaimedRequest } from './rotation-requests';
import type { RotationPolicy } from './rotation-policy';

export interface Rotator {
  pool: Pool;
  redis: Parameters<typeof tryLock>[0];
  audit: Pick<AuditTrail, 'transaction'>;
  logger: Logger;
  ring: KeyRing;
  alg: SigningAlgorithm;
  policy: RotationPolicy;
  lockTtlMs: number;
}

/** `not-ours`: another rotator took the request over, and nothing was done. */
export type RotationOutcome =
  | { outcome: 'succeeded'; epoch: number; reason: string; summary: ChangeSummary }
  | { outcome: 'noop'; reason: string }
  | { outcome: 'lock_contended' }
  | { outcome: 'not-ours' };

const lockName = 'lock:jwt-key-rotation';

/** Carries out a claimed request, or says why there was nothing to do. Throws when it failed; then nothing changed. */
export async function rotate(rotator: Rotator, request: ClaimedRequest): Promise<RotationOutcome> {
  if (request.simulateFailure)
    throw new AppError('rotation_failure_simulated', 'an operator asked this rotation to fail');
  const seen = await readKeySet(rotator.pool);
  const lock = await tryLock(rotator.redis, lockName, rotator.lockTtlMs);
  if (lock.outcome === 'contended') return { outcome: 'lock_contended' };
  try {
    return await rotateLocked(rotator, request, seen);
  } finally {
    await release(lock, rotator.logger);
  }
}

function rotateLocked(rotator: Rotator, request: ClaimedRequest, seen: KeySet): Promise<RotationOutcome> {
  return rotator.audit.transaction(async (client, note): Promise<RotationOutcome> => {
    if (!(await keepRequest(client, request))) return { outcome: 'not-ours' };
    const keySet = await readKeySetForUpdate(client);
    const decision = decideRotation({ keySet, policy: rotator.policy, now: keySet.readAt });
    if (decision.kind === 'refuse-empty-set') throw new AppError('key_set_refused', decision.reason);
    const outcome =
      decision.kind === 'not-due'
        ? ({ outcome: 'noop', reason: decision.reason } as const)
        : await carryOut({ rotator, request, client, note }, decision, { seen, at: keySet.readAt });
    const epoch = outcome.outcome === 'succeeded' ? outcome.epoch : keySet.epoch;
    await finishRequest(client, request, { state: outcome.outcome, result: outcome.reason, epoch });
    return outcome;
  });
}

async function carryOut(
  work: { rotator: Rotator; request: ClaimedRequest; client: PoolClient; note: NoteAudit },
  decision: ChangeDecision,
  { seen, at }: { seen: KeySet; at: Date },
): Promise<Extract<RotationOutcome, { reason: string }>> {
  const { rotator, request, client, note } = work;
  await requireKeyEncryptionKeys(client, rotator.ring);
  if (decision.kind === 'promote') await requireUsableKey(client, decision.promote, rotator.ring);
  const change = await planChange(decision, at, { ...rotator, createdBy: request.requestedBy });
  const update = await updateKeySet(client, seen.epoch, change);
  if (update.outcome === 'lost-race')
    return { outcome: 'noop', reason: `another rotation made epoch ${update.epoch} meanwhile` };
  const summary = summarise(change);
  await noteChange(note, request, { epoch: update.epoch, summary });
  return { outcome: 'succeeded', epoch: update.epoch, reason: decision.reason, summary };
}

async function release(lock: LockAttempt, logger: Logger): Promise<void> {
  if (lock.outcome === 'acquired') return lock.release();
  if (lock.outcome === 'unavailable')
    logger.warn('Rotated without the lock; the fence in Postgres is enough', { reason: lock.reason });
}
