import { readManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import type { AttemptFolder } from './find-orphans';

/** Whether a storage has the manifest of a backup. A list may be stale: what it lacks is asked for by name. */
export async function hasBackup(
  storage: BackupStorage,
  listed: readonly AttemptFolder[],
  { location }: { location: string },
): Promise<boolean> {
  if (listed.some((folder) => folder.location === location && folder.hasManifest)) return true;
  return (await readManifest(storage, location)) !== undefined;
}
