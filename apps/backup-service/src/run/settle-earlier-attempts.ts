import type { BackupKeys } from '../seal/backup-keys';
import { parseManifest, type Manifest } from '../seal/manifest';
import { manifestFile, readManifest, removeAll, runPrefix } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import type { Claim } from '../catalogue/backup-runs';

/**
 * Looks at what earlier attempts at a run have left. One that wrote its manifest did make a backup, and only died
 * before it could say so: it is returned. Otherwise what they left is no backup, and is removed.
 */
export async function settleEarlierAttempts(
  { storage, keys }: { storage: BackupStorage; keys: Pick<BackupKeys, 'signing'> },
  claim: Claim,
): Promise<{ manifest: Manifest; folder: string } | undefined> {
  if (claim.attempt === 1) return undefined;
  const prefix = runPrefix(claim);
  for (const { key } of await storage.list(prefix)) {
    if (!key.endsWith(`/${manifestFile}`)) continue;
    const folder = key.slice(0, -manifestFile.length - 1);
    const parsed = parseManifest((await readManifest(storage, folder)) ?? '', keys.signing);
    if (parsed.ok) return { manifest: parsed.manifest, folder };
  }
  await removeAll(storage, prefix);
  return undefined;
}
