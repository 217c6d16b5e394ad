import { recoveryKeyId, openWithRing, wrapDataKey, type WrappedKey } from './data-key';
import type { BackupKeys } from './backup-keys';
import { parseManifest, type Manifest } from './manifest';
import { signManifest } from './sign-manifest';

export type Rewrap =
  | { outcome: 'rewrapped'; content: string; manifest: Manifest }
  /** Its keys are the first of their rings already. */
  | { outcome: 'current' }
  | { outcome: 'failed'; reason: string };

/** Whether a backup's keys are not, or no longer, those that a new backup would get. */
export function isOutdated(manifest: Pick<Manifest, 'encryption' | 'signature'>, keys: BackupKeys): boolean {
  const { signing } = keys;
  const signedOtherwise = signing !== undefined && manifest.signature?.key_id !== signing.sealing.id;
  return (
    signedOtherwise || (manifest.encryption !== null && isWrappedOtherwise(manifest.encryption.keys, keys))
  );
}

function isWrappedOtherwise(wrapped: readonly WrappedKey[], { encryption, recovery }: BackupKeys): boolean {
  const has = (recipient: string, id: string) =>
    wrapped.some((key) => key.recipient === recipient && key.key_id === id);
  if (encryption && !has('ring', encryption.sealing.id)) return true;
  return recovery !== undefined && !has('recovery', recoveryKeyId(recovery));
}

/**
 * Wraps the data key of a stored manifest to the keys in front, and signs it with the one in front; the dump stays as
 * it is. A manifest that does not verify is not touched, and fields of a later release are kept. Without a recovery key
 * in the configuration the backup stays open to the one that it had.
 */
export function rewrapManifest(content: string, keys: BackupKeys): Rewrap {
  const parsed = parseManifest(content, keys.signing);
  if (!parsed.ok) return { outcome: 'failed', reason: parsed.problem };
  const { manifest } = parsed;
  if (!isOutdated(manifest, keys)) return { outcome: 'current' };
  const raw = JSON.parse(content) as Manifest;
  if (manifest.encryption) {
    const wrapped = wrapAgain(manifest.id, manifest.encryption.keys, keys);
    if ('reason' in wrapped) return { outcome: 'failed', reason: wrapped.reason };
    raw.encryption = { ...manifest.encryption, keys: wrapped.keys };
  }
  if (keys.signing) raw.signature = signManifest(raw, keys.signing);
  return { outcome: 'rewrapped', content: `${JSON.stringify(raw, null, 2)}\n`, manifest: raw };
}

function wrapAgain(
  id: string,
  old: readonly WrappedKey[],
  { encryption, recovery }: BackupKeys,
): { keys: WrappedKey[] } | { reason: string } {
  if (!encryption) return { reason: 'it is encrypted, and BACKUP_ENCRYPTION_KEYS is not given' };
  const opened = openWithRing(old, id, encryption);
  if (!opened.ok) return opened;
  const keys = wrapDataKey(opened.dataKey, id, { ring: encryption, recovery });
  return { keys: recovery ? keys : [...keys, ...old.filter((key) => key.recipient === 'recovery')] };
}
