/**
 * One ring of the task `db_backup_proof`, which is due as soon as a backup is committed, and again when somebody asks. A
 * backup that fails its proof stops counting as good, and people are told. Trouble with the proving itself is tried
 * again before it is called CANNOT_VERIFY_HERE: a backup is not blamed for the machine that it was tried on, and one
 * that was proven before stays so.
 */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import { keepLease } from '../catalogue/keep-lease';
import {
  claimProof,
  isNewestJudgement,
  keepVerdict,
  postponeProof,
  renewProof,
  setVerdict,
  type ProofClaim,
} from '../catalogue/proofs';
import { copyEvents } from '../copy/copy-events';
import type { BackupWork } from '../run/backup-work';
import { proofEvents } from './proof-events';
import { proveEither, type EitherProof } from './prove-either';

/** Proves the backup with this id, if it waits for that. */
export async function runProof(work: BackupWork, id: string, stopping: AbortSignal): Promise<TaskOutcome> {
  const claim = await claimProof(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  const lease = keepLease(() => renewProof(work.pool, claim), work.logger);
  const limit = AbortSignal.timeout(work.maxRunSeconds * 1000);
  const startedAt = Date.now();
  try {
    const proof = await proveEither(work, claim, AbortSignal.any([stopping, lease.lost, limit]));
    return await conclude(work, claim, { ...proof, seconds: (Date.now() - startedAt) / 1000 });
  } catch (error) {
    if (lease.lost.aborted) return 'skipped';
    return await tryLater(work, claim, { error, stopping: stopping.aborted });
  } finally {
    await lease.stop();
  }
}

async function conclude(
  work: BackupWork,
  claim: ProofClaim,
  proof: EitherProof & { seconds: number },
): Promise<TaskOutcome> {
  const { result, lost, seconds } = proof;
  const reason = 'reason' in result ? result.reason : null;
  const level = result.verdict === 'PROVEN' ? 'full' : 'rows';
  const entered = await work.audit.transaction(async (client, note) => {
    if (!(await enterResult(client, claim, { result, lost, level, seconds }))) return false;
    if (lost !== undefined && work.copy) {
      const { place } = work.copy;
      await note(copyEvents.used(claim, { place, error: lost, usedFor: 'proof' }));
      await work.alerts.raiseIn(client, copyEvents.lost(claim, { place, error: lost }));
    }
    if (!('reason' in result)) await note(proofEvents.proven(claim, { ...result, level, seconds }));
    else {
      await note(proofEvents.failed(claim, result));
      await work.alerts.raiseIn(client, proofEvents.alert(claim, result));
    }
    return true;
  });
  if (!entered) return 'skipped';
  if (!('reason' in result)) {
    work.metrics.observe('db_backup_proof_duration_seconds', seconds);
    work.logger.info('A backup was proven', { backup_id: claim.id, database: claim.database });
    if (await isNewestJudgement(work.pool, claim)) await work.alerts.resolve(proofEvents.recovery(claim));
    return 'success';
  }
  work.logger.error('A backup failed its proof', {
    backup_id: claim.id,
    database: claim.database,
    verdict: result.verdict,
    reason,
  });
  return 'failure';
}

/** What could not be tried again says nothing against what was found before. */
async function enterResult(
  db: Queryable,
  claim: ProofClaim,
  { result, lost, level, seconds }: EitherProof & { level: string; seconds: number },
): Promise<boolean> {
  const { verdict } = result;
  if (!('reason' in result)) return setVerdict(db, claim, { verdict, level, reason: lost ?? null, seconds });
  const { reason } = result;
  if (verdict === 'CANNOT_VERIFY_HERE' && !['NOT_YET', verdict].includes(claim.verdict))
    return keepVerdict(db, claim, `it could not be proven again: ${reason}`);
  return setVerdict(db, claim, { verdict, level, reason, seconds: null });
}

async function tryLater(
  work: BackupWork,
  claim: ProofClaim,
  trouble: { error: unknown; stopping: boolean },
): Promise<TaskOutcome> {
  const reason = errorMessage(trouble.error);
  if (!trouble.stopping && claim.attempt >= work.maxAttempts) {
    const result = { verdict: 'CANNOT_VERIFY_HERE', reason } as const;
    return conclude(work, claim, { result, seconds: 0 });
  }
  const delaySeconds = trouble.stopping ? 0 : work.retrySeconds * 2 ** (claim.attempt - 1);
  await postponeProof(work.pool, claim, { delaySeconds, reason, counts: !trouble.stopping });
  work.logger.warn('A proof is put off', { backup_id: claim.id, database: claim.database, error: reason });
  return 'retry';
}
