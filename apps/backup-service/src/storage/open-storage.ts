import { resolve } from 'node:path';
import type { Secret } from '@swfx/config';
import type { Logger } from '@swfx/logging';
import { errorMessage } from '@swfx/errors';
import type { BackupStorage } from './backup-storage';
import { localStorageAt, openLocalStorage } from './local-storage';
import { trimSlashes, type StoragePlace } from './storage-place';

export interface StorageSettings {
  BACKUP_STORAGE_ADAPTER: 'local' | 's3';
  BACKUP_DIR: string;
  BACKUP_S3_BUCKET?: string | undefined;
  BACKUP_S3_ENDPOINT?: string | undefined;
  BACKUP_S3_REGION: string;
  BACKUP_S3_PREFIX: string;
  BACKUP_S3_ACCESS_KEY_ID?: string | undefined;
  BACKUP_S3_SECRET_ACCESS_KEY?: Secret | undefined;
}

export interface CopySettings {
  BACKUP_COPY_TO?: StoragePlace | undefined;
  BACKUP_COPY_S3_ENDPOINT?: string | undefined;
  BACKUP_COPY_S3_REGION: string;
  BACKUP_COPY_S3_ACCESS_KEY_ID?: string | undefined;
  BACKUP_COPY_S3_SECRET_ACCESS_KEY?: Secret | undefined;
}

/** Opens the storage that is configured. */
export async function openStorage(settings: StorageSettings): Promise<BackupStorage> {
  if (settings.BACKUP_STORAGE_ADAPTER === 'local') return openLocalStorage(settings.BACKUP_DIR);
  return openBucket('s3', {
    bucket: settings.BACKUP_S3_BUCKET,
    prefix: trimSlashes(settings.BACKUP_S3_PREFIX),
    region: settings.BACKUP_S3_REGION,
    endpoint: settings.BACKUP_S3_ENDPOINT,
    accessKeyId: settings.BACKUP_S3_ACCESS_KEY_ID,
    secretAccessKey: settings.BACKUP_S3_SECRET_ACCESS_KEY,
  });
}

/**
 * Opens the storage of second copies; undefined where none is configured. One that is away is no reason not to start:
 * backups are taken all the same, and what is asked of it meanwhile says what is wrong.
 */
export async function openCopyStorage(
  settings: CopySettings,
  logger: Logger,
): Promise<BackupStorage | undefined> {
  const place = settings.BACKUP_COPY_TO;
  if (!place) return undefined;
  if (place.adapter === 's3')
    return openBucket(copyName, {
      ...place,
      region: settings.BACKUP_COPY_S3_REGION,
      endpoint: settings.BACKUP_COPY_S3_ENDPOINT,
      accessKeyId: settings.BACKUP_COPY_S3_ACCESS_KEY_ID,
      secretAccessKey: settings.BACKUP_COPY_S3_SECRET_ACCESS_KEY,
    });
  return openLocalStorage(place.folder, copyName).catch((error: unknown) => {
    logger.warn('The storage of second copies is away', { error: errorMessage(error) });
    return localStorageAt(place.folder, copyName);
  });
}

/** The name of the second storage, whatever its kind: the first may be of the same one. */
const copyName = 'copy';

async function openBucket(
  name: string,
  bucket: {
    bucket: string | undefined;
    prefix: string;
    region: string;
    endpoint: string | undefined;
    accessKeyId: string | undefined;
    secretAccessKey: Secret | undefined;
  },
): Promise<BackupStorage> {
  // Loaded only where it is used: it is larger than all the rest of the service.
  const { openS3Storage } = await import('./s3-storage');
  const settings = {
    bucket: bucket.bucket as string,
    prefix: bucket.prefix === '' ? '' : `${bucket.prefix}/`,
    region: bucket.region,
    endpoint: bucket.endpoint,
    accessKeyId: bucket.accessKeyId as string,
    secretAccessKey: bucket.secretAccessKey as Secret,
  };
  return openS3Storage(settings, name);
}

/** What an S3 storage cannot do without; the names of those that are not given, and what they are for. */
export function missingS3Settings(
  settings: StorageSettings & CopySettings,
): { name: string; neededBy: string }[] {
  const first = ['BACKUP_S3_BUCKET', 'BACKUP_S3_ACCESS_KEY_ID', 'BACKUP_S3_SECRET_ACCESS_KEY'] as const;
  const second = ['BACKUP_COPY_S3_ACCESS_KEY_ID', 'BACKUP_COPY_S3_SECRET_ACCESS_KEY'] as const;
  const missing = (names: readonly (keyof typeof settings)[], neededBy: string) =>
    names.filter((name) => settings[name] === undefined).map((name) => ({ name, neededBy }));
  return [
    ...(settings.BACKUP_STORAGE_ADAPTER === 's3' ? missing(first, 'BACKUP_STORAGE_ADAPTER=s3') : []),
    ...(settings.BACKUP_COPY_TO?.adapter === 's3' ? missing(second, 'BACKUP_COPY_TO') : []),
  ];
}

/** Whether the second copy would lie where the first does: then it is none. */
export function isSamePlace(settings: StorageSettings & CopySettings): boolean {
  const place = settings.BACKUP_COPY_TO;
  if (place?.adapter !== settings.BACKUP_STORAGE_ADAPTER) return false;
  if (place.adapter === 'local') return place.folder === resolve(settings.BACKUP_DIR);
  return (
    place.bucket === settings.BACKUP_S3_BUCKET &&
    place.prefix === trimSlashes(settings.BACKUP_S3_PREFIX) &&
    settings.BACKUP_COPY_S3_ENDPOINT === settings.BACKUP_S3_ENDPOINT
  );
}
