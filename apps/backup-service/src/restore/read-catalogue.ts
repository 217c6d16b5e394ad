import { parseManifest, type Manifest } from '../seal/manifest';
import type { BackupKeys } from '../seal/backup-keys';
import { manifestFile, readManifest } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';

export interface FoundBackup {
  /** Its folder in the storage. */
  location: string;
  manifest: Manifest;
}

export interface StoredCatalogue {
  /** Newest first. */
  backups: FoundBackup[];
  /** What looks like a backup and is none, and why. */
  unreadable: { location: string; problem: string }[];
}

/** Reads the catalogue anew from a storage: a backup exists if its manifest does, and tells all that is known of it. */
export async function readCatalogue(
  storage: BackupStorage,
  keys: Pick<BackupKeys, 'signing'>,
): Promise<StoredCatalogue> {
  const found: StoredCatalogue = { backups: [], unreadable: [] };
  for (const { key } of await storage.list('')) {
    if (!key.endsWith(`/${manifestFile}`)) continue;
    const location = key.slice(0, -manifestFile.length - 1);
    const parsed = parseManifest((await readManifest(storage, location)) ?? '', keys.signing);
    if (parsed.ok) found.backups.push({ location, manifest: parsed.manifest });
    else found.unreadable.push({ location, problem: parsed.problem });
  }
  found.backups.sort((a, b) => Date.parse(b.manifest.snapshot_at) - Date.parse(a.manifest.snapshot_at));
  return found;
}

/** The backup that is meant: by the beginning of its id, by its database's name, or the newest of the only database. */
export function chooseFound(
  { backups }: StoredCatalogue,
  named: string | undefined,
): { chosen: true; backup: FoundBackup } | { chosen: false; problem: string } {
  const databases = [...new Set(backups.map(({ manifest }) => manifest.database))].sort();
  if (backups.length === 0) return { chosen: false, problem: 'there is no backup in this storage' };
  if (named === undefined && databases.length > 1)
    return { chosen: false, problem: `say of which database: ${databases.join(', ')}` };
  const matching = backups.filter(
    ({ manifest }) =>
      named === undefined || manifest.database === named || manifest.id.startsWith(named.toLowerCase()),
  );
  const [backup] = matching;
  if (!backup) return { chosen: false, problem: `there is no backup ${named} in this storage` };
  return { chosen: true, backup };
}
