/**
 * Who can write into the storage can write anything; a signature is what they cannot. It is Ed25519 (RFC 8032) over the
 * canonical form of the manifest without its signature, which names the hashes of the dump, so that it covers all.
 */
import { createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';
import type { KeyEncryptionKey, KeyRing } from '@swfx/config';
import { canonicalJson } from './canonical-json';

export interface ManifestSignature {
  algorithm: 'Ed25519';
  key_id: string;
  /** Base64. */
  value: string;
}

export type SignatureCheck =
  | { valid: true }
  /** Of a key that is not at hand nothing can be said. */
  | { valid: false; problem: string; unknownKey?: true };

/** Signs with the first key of the ring, whose 32 bytes are an Ed25519 seed. */
export function signManifest(manifest: object, ring: KeyRing): ManifestSignature {
  const { sealing } = ring;
  const value = sign(null, signedBytes(manifest), privateKey(sealing)).toString('base64');
  return { algorithm: 'Ed25519', key_id: sealing.id, value };
}

/** Checks a manifest as it was read, with fields that this release does not know. */
export function checkSignature(manifest: object, ring: KeyRing): SignatureCheck {
  const { signature } = manifest as { signature?: Partial<ManifestSignature> | null };
  if (!signature) return { valid: false, problem: 'the manifest is not signed' };
  const key = ring.find(String(signature.key_id));
  if (!key) {
    const problem = `the manifest is signed with the key ${signature.key_id}, which BACKUP_SIGNING_KEYS does not have`;
    return { valid: false, problem, unknownKey: true };
  }
  const value = Buffer.from(String(signature.value), 'base64');
  const valid = verify(null, signedBytes(manifest), createPublicKey(privateKey(key)), value);
  return valid ? { valid } : { valid, problem: 'the manifest is not what was signed' };
}

function signedBytes(manifest: object): Buffer {
  const { signature: _, ...signed } = manifest as { signature?: unknown };
  return Buffer.from(`swfx-backup-manifest\n${canonicalJson(signed)}`);
}

/** The fixed beginning of a PKCS #8 Ed25519 key; the seed is all that follows (RFC 8410). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

function privateKey({ key }: KeyEncryptionKey): KeyObject {
  const der = Buffer.concat([pkcs8Head, key.export()]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}
