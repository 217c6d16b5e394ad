/**
 * One attempt at a run, from the claim to the manifest. Whatever goes wrong comes out as a value with a reason, and by
 * then nothing of the attempt is left: no child process, no session, no lock, no file.
 */
import { withAdvisoryLock } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { BackupError } from '../backup-error';
import { describeDatabase } from '../capture/describe-database';
import { readDurations } from '../catalogue/backup-history';
import { lastSizeBytes } from '../catalogue/backups';
import type { Claim } from '../catalogue/backup-runs';
import type { Lease } from '../catalogue/keep-lease';
import type { BackupTarget } from '../config';
import { openSession } from '../postgres-client/open-session';
import { serialiseManifest, type Manifest } from '../seal/manifest';
import { attemptFolder, removeAll, writeManifest } from '../storage/backup-folder';
import type { BackupWork } from './backup-work';
import { classifyFailure } from './classify-failure';
import type { AttemptFailure } from './decide-after-failure';
import { decideSpace } from './decide-space';
import { decideTimeLimit } from './decide-time-limit';
import { takeBackup } from './take-backup';

/** How an attempt ended. */
export type AttemptEnd =
  | { outcome: 'stored'; manifest: Manifest; folder: string }
  /** Another runner is at this very database, perhaps under another name. */
  | { outcome: 'contended' }
  /** Another runner has taken this run over, or somebody has asked to end it. */
  | { outcome: 'lost' }
  | { outcome: 'failed'; failure: AttemptFailure };

export interface AttemptProgress {
  phase: string;
  dumpedBytes: number;
  /** Whether the attempt has been noted as begun. */
  begun: boolean;
}

export interface Attempt {
  claim: Claim;
  lease: Lease;
  progress: AttemptProgress;
  /** Aborted when the service stops. */
  stopping: AbortSignal;
  /** Called once, when the database is ours. */
  onBegin(): Promise<void>;
}

/** Makes the attempt. */
export async function attemptBackup(work: BackupWork, attempt: Attempt): Promise<AttemptEnd> {
  const { claim, lease, stopping } = attempt;
  const durations = await readDurations(work.pool, claim.database).catch(() => []);
  const limit = timeLimit(decideTimeLimit(durations, work.maxRunSeconds, claim.failures));
  const signal = AbortSignal.any([stopping, lease.lost, limit.signal]);
  try {
    return await atTarget(work, attempt, signal);
  } catch (error) {
    const cause: unknown = limit.signal.aborted ? limit.signal.reason : error;
    await removeLeftovers(work, claim);
    if (lease.lost.aborted) return { outcome: 'lost' };
    return { outcome: 'failed', failure: stopping.aborted ? interrupted : failureOf(cause) };
  } finally {
    limit.clear();
  }
}

const interrupted: AttemptFailure = {
  reason: 'interrupted',
  error: 'the service was stopped while the backup ran',
  permanent: false,
  stopping: true,
};

function failureOf(error: unknown): AttemptFailure {
  const { reason, permanent, message } = classifyFailure(error);
  return { reason, permanent, error: message, stopping: false };
}

async function atTarget(work: BackupWork, attempt: Attempt, signal: AbortSignal): Promise<AttemptEnd> {
  const target = work.targets.find(({ name }) => name === attempt.claim.database);
  if (!target)
    throw new BackupError('internal', `${attempt.claim.database} is not among the backup targets`, {
      permanent: true,
    });
  const session = await openSession(target.address, signal);
  try {
    const source = await describeDatabase(session);
    const lock = `backup:${source.systemIdentifier}:${source.name}`;
    const end = await withAdvisoryLock(work.pool, lock, () =>
      storeBackup(work, attempt, { target, session, source, signal }),
    );
    return end ?? { outcome: 'contended' };
  } finally {
    await session.end().catch(() => undefined);
  }
}

interface Place {
  target: BackupTarget;
  session: Awaited<ReturnType<typeof openSession>>;
  source: Awaited<ReturnType<typeof describeDatabase>>;
  signal: AbortSignal;
}

async function storeBackup(work: BackupWork, attempt: Attempt, place: Place): Promise<AttemptEnd> {
  const { claim, lease, progress } = attempt;
  await attempt.onBegin();
  await requireSpace(work, claim.database);
  const folder = attemptFolder(claim);
  const onPhase = (phase: string) => {
    progress.phase = phase;
    void lease.renew();
  };
  const onBytes = (dumpedBytes: number) => (progress.dumpedBytes = dumpedBytes);
  const manifest = await takeBackup(
    { ...claim, ...place, address: place.target.address, folder, onPhase, onBytes },
    work,
  );
  // The point of no return: whoever has lost the run by now must not make a backup of it.
  onPhase('committing');
  await lease.renew();
  place.signal.throwIfAborted();
  await writeManifest(work.storage, folder, serialiseManifest(manifest), place.signal);
  return { outcome: 'stored', manifest, folder };
}

async function requireSpace(work: BackupWork, database: string): Promise<void> {
  const space = decideSpace({
    freeBytes: await work.storage.freeBytes(),
    lastSizeBytes: await lastSizeBytes(work.pool, database),
  });
  if (!space.enough) throw new BackupError('storage_failed', space.reason);
}

async function removeLeftovers(work: BackupWork, claim: Claim): Promise<void> {
  await removeAll(work.storage, `${attemptFolder(claim)}/`).catch((error) =>
    work.logger.warn('What a failed backup left could not be removed; the next attempt tries again', {
      backup_id: claim.id,
      error: errorMessage(error),
    }),
  );
}

function timeLimit(seconds: number): { signal: AbortSignal; clear(): void } {
  const limit = new AbortController();
  const timer = setTimeout(
    () => limit.abort(new BackupError('timeout', `the backup was not done after ${seconds} s`)),
    seconds * 1000,
  );
  return { signal: limit.signal, clear: () => clearTimeout(timer) };
}
