import type { BackupKeys } from '../seal/backup-keys';
import { parseManifest, type Manifest } from '../seal/manifest';
import { earlierFolders, readManifest, removeAll } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import type { Claim } from '../catalogue/backup-runs';

/**
 * Looks at what earlier attempts at a run have left, the last one first. One that wrote its manifest did make a backup,
 * and only died before it could say so: it is returned. What is no backup is removed; what a newer release may have made
 * is left alone. Manifests are asked for by name: a list may not show yet what was written a moment ago.
 */
export async function settleEarlierAttempts(
  { storage, keys }: { storage: BackupStorage; keys: Pick<BackupKeys, 'signing'> },
  claim: Pick<Claim, 'id' | 'database' | 'attempt' | 'requestedAt'>,
): Promise<{ manifest: Manifest; folder: string } | undefined> {
  for (const folder of earlierFolders(claim).reverse()) {
    const content = await readManifest(storage, folder);
    const parsed = content === undefined ? undefined : parseManifest(content, keys.signing);
    if (parsed?.ok) return { manifest: parsed.manifest, folder };
    if (!parsed?.beyond) await removeAll(storage, `${folder}/`);
  }
  return undefined;
}
