import type { Secret } from '@swfx/config';
import type { BackupStorage } from './backup-storage';
import { openLocalStorage } from './local-storage';

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

/** Opens the storage that is configured. */
export async function openStorage(settings: StorageSettings): Promise<BackupStorage> {
  if (settings.BACKUP_STORAGE_ADAPTER === 'local') return openLocalStorage(settings.BACKUP_DIR);
  // Loaded only where it is used: it is larger than all the rest of the service.
  const { openS3Storage } = await import('./s3-storage');
  const prefix = settings.BACKUP_S3_PREFIX.replace(/^\/+|\/+$/g, '');
  return openS3Storage({
    bucket: settings.BACKUP_S3_BUCKET as string,
    prefix: prefix === '' ? '' : `${prefix}/`,
    region: settings.BACKUP_S3_REGION,
    endpoint: settings.BACKUP_S3_ENDPOINT,
    accessKeyId: settings.BACKUP_S3_ACCESS_KEY_ID as string,
    secretAccessKey: settings.BACKUP_S3_SECRET_ACCESS_KEY as Secret,
  });
}

/** What an S3 storage cannot do without; the names of those that are not given. */
export function missingS3Settings(settings: StorageSettings): string[] {
  if (settings.BACKUP_STORAGE_ADAPTER !== 's3') return [];
  const needed = ['BACKUP_S3_BUCKET', 'BACKUP_S3_ACCESS_KEY_ID', 'BACKUP_S3_SECRET_ACCESS_KEY'] as const;
  return needed.filter((name) => settings[name] === undefined);
}
