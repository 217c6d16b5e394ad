/**
 * Private halves rest sealed: AES-256-GCM (NIST SP 800-38D) under a key of the ring, with the kid, the algorithm and
 * the purpose as associated data, so that a sealed key moved to another row, or used for something else, does not
 * open. A sealed value is `version (1) ‖ nonce (12) ‖ ciphertext ‖ tag (16)`.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from '@swfx/config';
import { AppError } from '@swfx/errors';
import type { SigningAlgorithm } from './key-set';

/** What a sealed key is bound to. */
export interface SealContext {
  kid: string;
  alg: SigningAlgorithm;
  /** What the key is for; a key sealed for one purpose does not open for another. */
  purpose: string;
}

/** A private half at rest, and which key of the ring opens it. */
export interface SealedKey {
  kekId: string;
  sealed: Buffer;
}

/** The purpose of the keys that sign access tokens. */
export const accessTokenPurpose = 'access-token';

const cipher = 'aes-256-gcm';
const version = 1;
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes;

/** Seals a private key (PKCS #8, DER) under the ring's first key. */
export function sealPrivateKey(ring: KeyRing, context: SealContext, pkcs8: Buffer): SealedKey {
  const nonce = randomBytes(nonceBytes);
  const seal = createCipheriv(cipher, ring.sealing.key, nonce, { authTagLength: tagBytes });
  seal.setAAD(associatedData(context));
  const ciphertext = Buffer.concat([seal.update(pkcs8), seal.final()]);
  const sealed = Buffer.concat([Buffer.of(version), nonce, ciphertext, seal.getAuthTag()]);
  return { kekId: ring.sealing.id, sealed };
}

/**
 * Opens a sealed private key (PKCS #8, DER). Throws `key_encryption_key_missing` when the ring has not the key that
 * sealed it, and `sealed_key_corrupt` when it does not open: another key under the same id, or a changed row.
 */
export function openPrivateKey(ring: KeyRing, context: SealContext, { kekId, sealed }: SealedKey): Buffer {
  const kek = ring.find(kekId);
  if (!kek) throw missingKey(kekId, context.kid);
  try {
    if (sealed[0] !== version) throw new Error(`unknown version ${sealed[0]}`);
    const nonce = sealed.subarray(1, headBytes);
    const open = createDecipheriv(cipher, kek.key, nonce, { authTagLength: tagBytes });
    open.setAAD(associatedData(context));
    open.setAuthTag(sealed.subarray(-tagBytes));
    return Buffer.concat([open.update(sealed.subarray(headBytes, -tagBytes)), open.final()]);
  } catch (cause) {
    const message = `the private half of ${context.kid} does not open with the key encryption key ${kekId}`;
    throw new AppError('sealed_key_corrupt', message, { cause });
  }
}

function missingKey(kekId: string, kid: string): AppError {
  return new AppError(
    'key_encryption_key_missing',
    `the private half of ${kid} was sealed with the key encryption key ${kekId}, which KEY_ENCRYPTION_KEYS does not have`,
  );
}

function associatedData({ kid, alg, purpose }: SealContext): Buffer {
  return Buffer.from(JSON.stringify([version, kid, alg, purpose]));
}
