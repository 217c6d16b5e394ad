import type { KeyObject } from 'node:crypto';
import type { KeyRing } from '@swfx/config';
import { decryptStream } from './cipher-stream';
import { openWithRing, type OpenedKey } from './data-key';
import type { Manifest } from './manifest';

/** The keys that backups are made and read with. */
export interface BackupKeys {
  /** Signs manifests, and checks every one that is read; without it nothing is signed or checked. */
  signing: KeyRing | undefined;
  /** Opens encrypted backups. */
  encryption: KeyRing | undefined;
  /** Whether new backups are encrypted. */
  encrypt: boolean;
  /** The public half of the recovery key, an X25519 key. */
  recovery: KeyObject | undefined;
}

/** The keys as they are configured: with a key for it, backups are encrypted unless that is switched off. */
export function chooseKeys(config: {
  BACKUP_SIGNING_KEYS?: KeyRing | undefined;
  BACKUP_ENCRYPTION_KEYS?: KeyRing | undefined;
  BACKUP_ENCRYPTION_ENABLED?: boolean | undefined;
  BACKUP_RECOVERY_RECIPIENT?: KeyObject | undefined;
}): BackupKeys {
  const encryption = config.BACKUP_ENCRYPTION_KEYS;
  return {
    signing: config.BACKUP_SIGNING_KEYS,
    encryption,
    encrypt: config.BACKUP_ENCRYPTION_ENABLED ?? encryption !== undefined,
    recovery: config.BACKUP_RECOVERY_RECIPIENT,
  };
}

/** From the bytes as stored to the compressed dump; throws `UnsealError` where they are not those that were encrypted. */
export type Unseal = (stored: AsyncIterable<Buffer>) => AsyncIterable<Buffer>;

/** How a backup's dump is to be read, or why it cannot be with these keys. */
export function chooseUnseal(
  manifest: Pick<Manifest, 'id' | 'encryption'>,
  keys: Pick<BackupKeys, 'encryption'>,
): { ok: true; unseal: Unseal } | { ok: false; reason: string } {
  const { id, encryption } = manifest;
  if (!encryption) return { ok: true, unseal: (stored) => stored };
  if (!keys.encryption)
    return { ok: false, reason: 'it is encrypted, and BACKUP_ENCRYPTION_KEYS is not given' };
  return unsealWith(id, openWithRing(encryption.keys, id, keys.encryption));
}

/** The same with a data key that was opened otherwise. */
export function unsealWith(
  backupId: string,
  opened: OpenedKey,
): { ok: true; unseal: Unseal } | { ok: false; reason: string } {
  if (!opened.ok) return opened;
  return { ok: true, unseal: (stored) => decryptStream(stored, { dataKey: opened.dataKey, backupId }) };
}
