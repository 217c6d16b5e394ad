/**
 * One ring of the task `db_backup`: takes the run's row, makes the attempt, and enters how it ended, in one transaction
 * with its audit record and, where the run is given up, its alert. An attempt counts once, when it ends; one whose
 * process was killed is counted by whoever takes the run over.
 */
import { randomUUID } from 'node:crypto';
import { isDatabaseUnavailable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { facts, type TaskOutcome } from '@swfx/messaging';
import {
  claimRun,
  endAttempt,
  endCancelled,
  renewRun,
  type Claim,
  type RunEnd,
} from '../catalogue/backup-runs';
import { readHistory } from '../catalogue/backup-history';
import { putOffProof } from '../catalogue/proofs';
import { durationSeconds, insertBackup, isInCatalogue } from '../catalogue/backups';
import { keepLease } from '../catalogue/keep-lease';
import { totalRows, type Manifest } from '../seal/manifest';
import { removeAll } from '../storage/backup-folder';
import { attemptBackup, type AttemptEnd, type AttemptProgress } from './attempt-backup';
import { backupEvents } from './backup-events';
import type { BackupWork } from './backup-work';
import { decideAfterFailure, type AttemptFailure, type NextStep } from './decide-after-failure';
import { findAnomalies } from './find-anomalies';
import { settleEarlierAttempts } from './settle-earlier-attempts';

/** Runs one attempt at the run with this id, if it waits for one. */
export async function runBackup(work: BackupWork, id: string, stopping: AbortSignal): Promise<TaskOutcome> {
  const claim = await claimRun(work.pool, id, randomUUID());
  if (!claim) return 'skipped';
  const progress: AttemptProgress = { phase: 'connecting', dumpedBytes: 0, begun: false };
  const lease = keepLease(() => sayProgress(work, claim, progress), work.logger);
  const onBegin = async () => {
    progress.begun = true;
    await work.audit.record(backupEvents.started(claim));
  };
  try {
    const settled = await settle(work, claim);
    const attempt = { claim, lease, progress, stopping, onBegin };
    const end = settled ?? (claim.cancelled ? cancelled : await attemptBackup(work, attempt));
    return await conclude(work, claim, end, progress);
  } catch (error) {
    if (!isDatabaseUnavailable(error)) throw error;
    // Nothing is lost: the lease runs out, and the next attempt finds what this one has made.
    work.logger.warn('How a backup ended could not be entered; it will be', {
      backup_id: id,
      error: errorMessage(error),
    });
    return 'retry';
  } finally {
    await lease.stop();
  }
}

async function sayProgress(work: BackupWork, claim: Claim, progress: AttemptProgress): Promise<boolean> {
  void work.facts.publish(facts.backupProgressed, { backupId: claim.id, phase: progress.phase });
  return renewRun(work.pool, claim, progress);
}

/** What is left of attempts that died: perhaps a whole backup, perhaps the last attempt that was allowed. */
async function settle(work: BackupWork, claim: Claim): Promise<AttemptEnd | undefined> {
  const found = await settleEarlierAttempts(work, claim).catch((error: unknown) => {
    work.logger.warn('Cannot look at what earlier attempts left', { error: errorMessage(error) });
    return undefined;
  });
  if (found) return { outcome: 'stored', ...found };
  if (!claim.tookOver) return undefined;
  await work.audit.record(backupEvents.failed(claim, killed));
  countFailure(work);
  if (claim.failures < work.maxAttempts) return undefined;
  return { outcome: 'failed', failure: killed };
}

/** Somebody asked to end the run while nobody worked on it: what was left is removed by now. */
const cancelled: AttemptEnd = { outcome: 'lost' };

const killed: AttemptFailure = {
  reason: 'interrupted',
  error: 'the process that made the backup ended without a word',
  permanent: true,
  stopping: false,
};

async function conclude(
  work: BackupWork,
  claim: Claim,
  end: AttemptEnd,
  progress: AttemptProgress,
): Promise<TaskOutcome> {
  if (end.outcome === 'lost') {
    if (await endCancelled(work.pool, claim))
      work.logger.info('A backup was cancelled', { backup_id: claim.id });
    return 'skipped';
  }
  if (end.outcome === 'stored') return commit(work, claim, end);
  if (end.outcome === 'contended') {
    const error = 'another backup of this very database is under way';
    const delaySeconds = Math.max(work.retrySeconds, 1);
    await endAttempt(work.pool, claim, {
      state: 'queued',
      reason: 'interrupted',
      error,
      delaySeconds,
      counts: false,
    });
    return 'skipped';
  }
  return fail(work, claim, { failure: end.failure, begun: progress.begun });
}

async function commit(
  work: BackupWork,
  claim: Claim,
  stored: { manifest: Manifest; folder: string },
): Promise<TaskOutcome> {
  const { manifest, folder } = stored;
  const place = { storage: work.storage.name, location: folder };
  const committed = await work.audit.transaction(async (client, note) => {
    if (!(await endAttempt(client, claim, { state: 'succeeded' }))) return false;
    await insertBackup(client, manifest, place);
    if (!work.proveEach) await putOffProof(client, claim.id);
    await note(backupEvents.succeeded(claim, manifest));
    return true;
  });
  if (!committed) {
    if (!(await isInCatalogue(work.pool, place))) await removeAll(work.storage, `${folder}/`);
    return 'skipped';
  }
  work.metrics.increment('db_backup_total');
  work.metrics.observe('db_backup_duration_seconds', durationSeconds(manifest));
  work.metrics.observe('db_backup_size_bytes', manifest.dump.stored_bytes);
  work.logger.info('A backup was taken', { backup_id: claim.id, database: claim.database });
  await work.alerts.resolve(backupEvents.recovery(claim));
  await sayWhatIsUnusual(work, claim, manifest);
  return 'success';
}

/** A backup that was taken is a success, whatever it shows of its database. */
async function sayWhatIsUnusual(work: BackupWork, claim: Claim, manifest: Manifest): Promise<void> {
  const history = await readHistory(work.pool, claim.database, { without: claim.id }).catch(() => []);
  const tables = Object.fromEntries(
    manifest.tables.map((table) => [`${table.schema}.${table.name}`, table.rows]),
  );
  const current = { sizeBytes: manifest.dump.stored_bytes, rows: totalRows(manifest), tables };
  const anomalies = findAnomalies(current, history);
  if (anomalies.length === 0) return;
  work.logger.warn('A backup is unlike the last ones', {
    backup_id: claim.id,
    database: claim.database,
    anomalies,
  });
  await work.alerts.raise(backupEvents.unusual(claim, anomalies));
}

async function fail(
  work: BackupWork,
  claim: Claim,
  attempt: { failure: AttemptFailure; begun: boolean },
): Promise<TaskOutcome> {
  const { failure, begun } = attempt;
  const step = decideAfterFailure(failure, { ...work, failures: claim.failures });
  const alreadyCounted = failure === killed;
  const about = { ...claim, attempt: alreadyCounted ? claim.attempt - 1 : claim.attempt };
  const ended = await work.audit.transaction(async (client, note) => {
    if (!(await endAttempt(client, claim, runEnd(failure, step)))) return false;
    if (!alreadyCounted && !begun) await note(backupEvents.started(claim));
    if (!alreadyCounted) await note(backupEvents.failed(claim, failure));
    if (step.next === 'give_up') await work.alerts.raiseIn(client, backupEvents.alert(about, failure));
    return true;
  });
  if (!ended) return 'skipped';
  if (!alreadyCounted) countFailure(work);
  work.logger[step.next === 'give_up' ? 'error' : 'warn']('A backup attempt failed', {
    backup_id: claim.id,
    database: claim.database,
    attempt: claim.attempt,
    reason: failure.reason,
    error: failure.error,
    next: step.next,
  });
  return step.next === 'give_up' ? 'failure' : 'retry';
}

function runEnd({ reason, error }: AttemptFailure, step: NextStep): RunEnd {
  if (step.next === 'give_up') return { state: 'failed', reason, error };
  const delaySeconds = step.next === 'retry' ? step.delaySeconds : 0;
  return { state: 'queued', reason, error, delaySeconds, counts: step.next === 'retry' };
}

function countFailure(work: BackupWork): void {
  work.metrics.increment('db_backup_total');
  work.metrics.increment('db_backup_failed_total');
}
