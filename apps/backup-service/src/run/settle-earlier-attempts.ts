import type { BackupKeys } from '../seal/backup-keys';
import { parseManifest, type Manifest } from '../seal/manifest';
import { earlierFolders, readManifest, removeAll, runPrefix } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import type { Claim } from '../catalogue/backup-runs';

/**
 * Looks at what earlier attempts at a run have left. One that wrote its manifest did make a backup, and only died
 * before it could say so: it is returned. Otherwise what they left is no backup, and is removed. Manifests are asked for
 * by name: a list may not show yet what was written a moment ago.
 */
export async function settleEarlierAttempts(
  { storage, keys }: { storage: BackupStorage; keys: Pick<BackupKeys, 'signing'> },
  claim: Claim,
): Promise<{ manifest: Manifest; folder: string } | undefined> {
  if (claim.attempt === 1) return undefined;
  for (const folder of earlierFolders(claim).reverse()) {
    const content = await readManifest(storage, folder);
    if (content === undefined) continue;
    const parsed = parseManifest(content, keys.signing);
    if (parsed.ok) return { manifest: parsed.manifest, folder };
  }
  await removeAll(storage, runPrefix(claim));
  return undefined;
}
