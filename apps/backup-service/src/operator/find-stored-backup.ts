import { stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Environment } from '@swfx/config';
import {
  chooseFound,
  readCatalogue,
  type FoundBackup,
  type StoredCatalogue,
} from '../restore/read-catalogue';
import type { BackupKeys } from '../seal/backup-keys';
import type { BackupStorage } from '../storage/backup-storage';
import { say } from './approve-elsewhere';

/** Reads the catalogue of a storage and chooses the backup that is meant; throws a sentence when it is not there. */
export async function findStoredBackup(
  storage: BackupStorage,
  keys: Pick<BackupKeys, 'signing'>,
  named: string | undefined,
): Promise<{ backup: FoundBackup; catalogue: StoredCatalogue }> {
  const catalogue = await readCatalogue(storage, keys);
  for (const { location, problem } of catalogue.unreadable) say(`Not a backup: ${location}: ${problem}`);
  const choice = chooseFound(catalogue, named);
  if (!choice.chosen) throw new Error(`Nothing was restored: ${choice.problem}.`);
  return { backup: choice.backup, catalogue };
}

/** The settings of the storage that `--from` names: a folder, or `s3://bucket/prefix` with BACKUP_S3_* for the rest. */
export async function storageAt(from: string): Promise<Environment> {
  if (from.startsWith('s3://')) {
    const { hostname, pathname } = new URL(from);
    const prefix = pathname.replace(/^\/+|\/+$/g, '');
    return {
      BACKUP_STORAGE_ADAPTER: 's3',
      BACKUP_S3_BUCKET: hostname,
      ...(prefix ? { BACKUP_S3_PREFIX: prefix } : {}),
    };
  }
  const folder = from.startsWith('file://') ? fileURLToPath(from) : from;
  // A folder that is not there would be made, and then be found empty.
  const there = await stat(folder).catch(() => undefined);
  if (!there?.isDirectory()) throw new Error(`There is no folder ${folder}.`);
  return { BACKUP_STORAGE_ADAPTER: 'local', BACKUP_DIR: folder };
}
