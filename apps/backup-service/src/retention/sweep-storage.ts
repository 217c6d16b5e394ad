/**
 * Removes from a storage what no backup is: uploads that were never completed, and folders without a manifest that
 * belong to no run, once they have been so for the delay of a deletion.
 */
import { errorMessage } from '@swfx/errors';
import { listOpenRuns, rememberOrphans } from '../catalogue/orphans';
import { removeAll } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import { findOrphans, type AttemptFolder } from './find-orphans';
import { hasBackup } from './has-backup';
import type { RetentionWork } from './retention-work';

export interface SweepFacts {
  database: string;
  /** What the storage has of the database. */
  folders: readonly AttemptFolder[];
  /** Its backups in the catalogue. */
  known: readonly { location: string }[];
  signal: AbortSignal;
}

/** Sweeps one database's part of a storage. */
export async function sweepStorage(
  work: RetentionWork,
  storage: BackupStorage,
  facts: SweepFacts,
): Promise<void> {
  await sweepUploads(work, storage);
  await sweepOrphans(work, storage, facts);
}

/** Nothing of ours takes longer than is allowed: an upload begun before that is one that a killed process left. */
async function sweepUploads(work: RetentionWork, storage: BackupStorage): Promise<void> {
  const { place } = storage;
  try {
    const uploads = await storage.sweepUploads(new Date(Date.now() - work.maxRunSeconds * 1000));
    if (uploads === 0) return;
    for (let n = 0; n < uploads; n += 1)
      work.metrics.increment('db_backup_deleted_total', { kind: 'upload' });
    work.logger.info('Uploads that were never completed were given up', { place, uploads });
  } catch (error) {
    // Not every provider lists them.
    work.logger.warn('Old uploads could not be swept', { place, error: errorMessage(error) });
  }
}

async function sweepOrphans(
  work: RetentionWork,
  storage: BackupStorage,
  { database, folders, known, signal }: SweepFacts,
): Promise<void> {
  const openRuns = await listOpenRuns(work.pool, [...new Set(folders.map(({ runId }) => runId))]);
  const catalogued = new Set(known.map(({ location }) => location));
  const locations = findOrphans(folders, { catalogued, openRuns }).map(({ location }) => location);
  const place = { storage: storage.name, prefix: `${database}/`, locations };
  for (const { location, seconds } of await rememberOrphans(work.pool, place)) {
    if (seconds < work.deleteDelaySeconds || (await hasBackup(storage, folders, { location }))) continue;
    signal.throwIfAborted();
    await removeAll(storage, `${location}/`);
    work.metrics.increment('db_backup_deleted_total', { kind: 'orphan' });
    work.logger.info('What an interrupted backup had left was removed', { place: storage.place, location });
  }
}
