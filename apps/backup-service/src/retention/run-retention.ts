/**
 * One ring of the task `backup_retention`. Deletion has two phases: what the plan does not keep is marked; a later ring,
 * after a delay, reads catalogue and storage anew, plans again, and deletes what is still marked and still not kept.
 * Manifests go first, so that nothing looks like a backup while it goes; the catalogue's entry goes last, with its audit
 * record, so that a process that dies in between is only continued. Nothing is deleted while the newest proven backup
 * is not where the catalogue says. Where there is a second storage both are kept in step: nothing is deleted while one
 * of them does not answer, and a backup goes from the second before it goes from the first. A list may be stale: what it
 * lacks is asked for by name before anything follows from it.
 */
import { randomUUID } from 'node:crypto';
import { errorMessage } from '@swfx/errors';
import type { TaskOutcome } from '@swfx/messaging';
import { keepLease } from '../catalogue/keep-lease';
import {
  listCandidates,
  markForDeletion,
  strikeOut,
  unmark,
  type Candidate,
} from '../catalogue/retained-backups';
import {
  claimRetention,
  endRetention,
  enterPlaces,
  renewRetention,
  type RetentionClaim,
} from '../catalogue/targets';
import { removeAll } from '../storage/backup-folder';
import { decideShare } from './decide-share';
import { enterFoundBackups } from './enter-found-backups';
import { listAttemptFolders, type AttemptFolder } from './find-orphans';
import { planRetention, type RetentionDecision } from './plan-retention';
import { hasBackup } from './has-backup';
import { askAboutLost, lookThroughCopies } from './look-through-copies';
import type { RetentionWork } from './retention-work';
import { sweepStorage } from './sweep-storage';

const everySeconds = 3_600;

/** Looks through the backups of the database with this id, if that is due. */
export async function runRetention(
  work: RetentionWork,
  id: string,
  stopping: AbortSignal,
): Promise<TaskOutcome> {
  const claim = await claimRetention(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  const lease = keepLease(() => renewRetention(work.pool, claim), work.logger);
  try {
    const stopped = await lookThrough(work, claim, AbortSignal.any([stopping, lease.lost]));
    if (stopped) await sayStopped(work, claim, stopped);
    else if (claim.lastNote !== null) await sayGoingOn(work, claim);
    const againInSeconds = Math.min(everySeconds, work.deleteDelaySeconds + 1);
    await endRetention(work.pool, claim, { againInSeconds, note: stopped ?? null });
    return stopped ? 'failure' : 'success';
  } catch (error) {
    if (lease.lost.aborted || stopping.aborted) return 'skipped';
    work.logger.warn('Retention is put off', { database: claim.database, error: errorMessage(error) });
    await endRetention(work.pool, claim, { againInSeconds: 300, note: errorMessage(error) });
    return 'retry';
  } finally {
    await lease.stop();
  }
}

/** Returns why it deleted nothing, where something is wrong. */
async function lookThrough(
  work: RetentionWork,
  claim: RetentionClaim,
  signal: AbortSignal,
): Promise<string | undefined> {
  const policy = work.policies.get(claim.database);
  if (!policy) return undefined;
  const places = { storage: work.storage.name, copyPlace: work.copy?.place ?? null };
  await enterPlaces(work.pool, claim, places);
  const folders = listAttemptFolders(await work.storage.list(`${claim.database}/`));
  const known = await listCandidates(work.pool, claim.database, { ...places, storage: null });
  await enterFoundBackups(work, { database: claim.database, folders, candidates: known.candidates });
  const { candidates: here, now } = await listCandidates(work.pool, claim.database, places);
  const { database } = claim;
  await sweepStorage(work, work.storage, { database, folders, known: here, signal });
  if (work.copy) await lookThroughCopies(work, work.copy, { database, known: here, signal });
  await askAboutLost(work, { here, folders });
  const decisions = planRetention(here, policy, now);
  const stopped = await whyStopped(work, { claim, decisions, here, folders });
  if (stopped) return stopped;
  for (const candidate of here) {
    signal.throwIfAborted();
    const decision = decisions.find((one) => one.id === candidate.id) as RetentionDecision;
    await carryOut(work, { candidate, decision, exists: await hasBackup(work.storage, folders, candidate) });
  }
  return undefined;
}

async function whyStopped(
  work: RetentionWork,
  facts: {
    claim: RetentionClaim;
    decisions: readonly RetentionDecision[];
    here: readonly Candidate[];
    folders: readonly AttemptFolder[];
  },
): Promise<string | undefined> {
  const { claim, decisions, here, folders } = facts;
  if (decisions.every(({ keep }) => keep)) return undefined;
  const newest = here.find(({ id }) =>
    decisions.some((one) => one.id === id && one.reason === 'newest_proven'),
  );
  if (newest && !(await hasBackup(work.storage, folders, newest)))
    return `the newest proven backup, ${newest.id}, is not in the storage; nothing is deleted`;
  const marked = new Set(here.filter(({ markedSeconds }) => markedSeconds !== null).map(({ id }) => id));
  const share = decideShare(decisions, {
    marked,
    maxPercent: work.deleteMaxPercent,
    unlimited: claim.unlimited,
  });
  return share.allowed ? undefined : share.reason;
}

async function carryOut(
  work: RetentionWork,
  { candidate, decision, exists }: { candidate: Candidate; decision: RetentionDecision; exists: boolean },
): Promise<void> {
  const { id, markedSeconds, copy } = candidate;
  // A deletion that was begun is ended: without its manifest it is no backup any more, whatever the plan says now. One
  // that the second storage still has was not begun to be deleted: that would have gone first.
  if (markedSeconds !== null && !exists && !(decision.keep && copy === 'copied'))
    return deleteBackup(work, candidate, decision.keep ? 'deletion_was_begun' : decision.reason);
  if (decision.keep) return markedSeconds === null ? undefined : unmark(work.pool, id);
  if (markedSeconds === null) return markForDeletion(work.pool, id, decision.reason);
  if (markedSeconds >= work.deleteDelaySeconds) await deleteBackup(work, candidate, decision.reason);
}

async function deleteBackup(work: RetentionWork, backup: Candidate, reason: string): Promise<void> {
  const { id, database, location, takenAt, sizeBytes } = backup;
  // In this order: while the first copy is there, the backup is, and may still be kept.
  if (work.copy) await removeAll(work.copy, `${location}/`);
  await removeAll(work.storage, `${location}/`);
  const gone = await work.audit.transaction(async (client, note) => {
    if (!(await strikeOut(client, id))) return false;
    await note({
      action: 'backup_deleted',
      outcome: 'success',
      actor: 'service:backup-service',
      subject: null,
      operationId: id,
      fields: { backup_id: id, database, reason, taken_at: takenAt.toISOString(), size_bytes: sizeBytes },
    });
    return true;
  });
  if (!gone) return;
  work.metrics.increment('db_backup_deleted_total', { kind: 'backup' });
  work.logger.info('A backup was deleted', { backup_id: id, database, reason });
}

async function sayStopped(work: RetentionWork, claim: RetentionClaim, reason: string): Promise<void> {
  const { database } = claim;
  work.logger.error('Retention has deleted nothing', { database, reason });
  await work.alerts.raise({
    incident: `backup-retention:${database}`,
    kind: 'backup_retention_stopped',
    severity: 'warning',
    title: 'Backup retention has stopped',
    error: `${reason}; look with: npx swfx backup retention --dry-run`,
    context: { database },
  });
}

async function sayGoingOn({ alerts }: RetentionWork, { database }: RetentionClaim): Promise<void> {
  await alerts.resolve({
    incident: `backup-retention:${database}`,
    kind: 'backup_retention_stopped',
    title: 'Backup retention goes on',
    context: { database },
  });
}
