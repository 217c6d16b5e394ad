/**
 * Each backup has a data key of its own, which rests in its manifest, wrapped twice: to the ring of the servers
 * (`BACKUP_ENCRYPTION_KEYS`), and to a recovery key whose private half no server has. Changing the ring wraps that key
 * again and leaves the data as it is. A wrapped key is bound to its backup and opens for no other.
 */
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  createSecretKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import type { KeyRing } from '@swfx/config';

/** A data key wrapped to one recipient; all but the names is base64. */
export type WrappedKey =
  | { recipient: 'ring'; key_id: string; wrapped: string }
  | { recipient: 'recovery'; key_id: string; ephemeral: string; wrapped: string };

export type OpenedKey = { ok: true; dataKey: KeyObject } | { ok: false; reason: string };

export interface KeyRecipients {
  ring: KeyRing;
  /** An X25519 public key. */
  recovery: KeyObject | undefined;
}

const cipher = 'aes-256-gcm';
const nonceBytes = 12;
const tagBytes = 16;

export function generateDataKey(): KeyObject {
  return createSecretKey(randomBytes(32));
}

/** Wraps a data key to every recipient. */
export function wrapDataKey(dataKey: KeyObject, backupId: string, recipients: KeyRecipients): WrappedKey[] {
  const { ring, recovery } = recipients;
  const forRing: WrappedKey = {
    recipient: 'ring',
    key_id: ring.sealing.id,
    wrapped: wrap(ring.sealing.key, dataKey, backupId),
  };
  return recovery ? [forRing, wrapToRecovery(dataKey, backupId, recovery)] : [forRing];
}

function wrapToRecovery(dataKey: KeyObject, backupId: string, recovery: KeyObject): WrappedKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519');
  const key = agree(diffieHellman({ privateKey, publicKey: recovery }), [publicKey, recovery]);
  return {
    recipient: 'recovery',
    key_id: recoveryKeyId(recovery),
    ephemeral: spki(publicKey).toString('base64'),
    wrapped: wrap(key, dataKey, backupId),
  };
}

/** Opens a data key with the ring. */
export function openWithRing(keys: readonly WrappedKey[], backupId: string, ring: KeyRing): OpenedKey {
  const own = keys.filter((key) => key.recipient === 'ring');
  const usable = own.find(({ key_id }) => ring.find(key_id));
  const kek = usable && ring.find(usable.key_id);
  if (!kek) {
    const ids = own.map(({ key_id }) => key_id).join(', ');
    return {
      ok: false,
      reason: `it is encrypted with the key ${ids}, which BACKUP_ENCRYPTION_KEYS does not have`,
    };
  }
  return opened(() => unwrap(kek.key, usable.wrapped, backupId), `the encryption key ${kek.id}`);
}

/** Opens a data key with the private half of the recovery key. */
export function openWithRecoveryKey(
  keys: readonly WrappedKey[],
  backupId: string,
  privateKey: KeyObject,
): OpenedKey {
  const recovery = createPublicKey(privateKey);
  const id = recoveryKeyId(recovery);
  const own = keys.find((key) => key.recipient === 'recovery' && key.key_id === id);
  if (own?.recipient !== 'recovery')
    return { ok: false, reason: `it was not encrypted to the recovery key ${id}` };
  return opened(() => {
    const publicKey = createPublicKey({
      key: Buffer.from(own.ephemeral, 'base64'),
      format: 'der',
      type: 'spki',
    });
    return unwrap(
      agree(diffieHellman({ privateKey, publicKey }), [publicKey, recovery]),
      own.wrapped,
      backupId,
    );
  }, `the recovery key ${id}`);
}

/** The name of a recovery key: the beginning of the SHA-256 of its public half. */
export function recoveryKeyId(publicKey: KeyObject): string {
  return createHash('sha256').update(spki(publicKey)).digest('hex').slice(0, 16);
}

function opened(open: () => KeyObject, key: string): OpenedKey {
  try {
    return { ok: true, dataKey: open() };
  } catch {
    return { ok: false, reason: `its data key does not open with ${key}` };
  }
}

/** HKDF (RFC 5869) over the shared secret, bound to both public keys. */
function agree(shared: Buffer, publicKeys: [ephemeral: KeyObject, recovery: KeyObject]): KeyObject {
  const salt = Buffer.concat(publicKeys.map(spki));
  return createSecretKey(Buffer.from(hkdfSync('sha256', shared, salt, 'swfx-backup-recovery', 32)));
}

function wrap(key: KeyObject, dataKey: KeyObject, backupId: string): string {
  const nonce = randomBytes(nonceBytes);
  const seal = createCipheriv(cipher, key, nonce, { authTagLength: tagBytes });
  seal.setAAD(associated(backupId));
  return Buffer.concat([nonce, seal.update(dataKey.export()), seal.final(), seal.getAuthTag()]).toString(
    'base64',
  );
}

function unwrap(key: KeyObject, wrapped: string, backupId: string): KeyObject {
  const bytes = Buffer.from(wrapped, 'base64');
  const open = createDecipheriv(cipher, key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
  open.setAAD(associated(backupId));
  open.setAuthTag(bytes.subarray(-tagBytes));
  return createSecretKey(Buffer.concat([open.update(bytes.subarray(nonceBytes, -tagBytes)), open.final()]));
}

function associated(backupId: string): Buffer {
  return Buffer.from(JSON.stringify(['swfx-backup-data-key', backupId]));
}

function spki(publicKey: KeyObject): Buffer {
  return publicKey.export({ format: 'der', type: 'spki' });
}
