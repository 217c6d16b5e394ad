import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import {
  accessTokenPurpose,
  openPrivateKey,
  type KeyRing,
  type KeySet,
  type SealedKey,
  type SigningAlgorithm,
} from '@swfx/signing-keys';

/** Throws `key_encryption_key_missing` when a stored key was sealed with one that the ring has not. */
export async function requireKeyEncryptionKeys(db: Queryable, ring: KeyRing): Promise<void> {
  const { rows } = await db.query<{ kekId: string }>(
    'SELECT DISTINCT kek_id AS "kekId" FROM signing_key_private ORDER BY kek_id',
  );
  const missing = rows.map(({ kekId }) => kekId).filter((kekId) => !ring.find(kekId));
  if (missing.length === 0) return;
  throw new AppError(
    'key_encryption_key_missing',
    `signing keys are sealed with ${missing.join(', ')}, which KEY_ENCRYPTION_KEYS does not have`,
  );
}

/**
 * The keys of a set whose private half the ring opens, by kid, and which are therefore the work of somebody who has the
 * ring.
 */
export async function openUsableKeys(
  db: Queryable,
  { keys }: KeySet,
  ring: KeyRing,
): Promise<Map<string, KeyObject>> {
  const usable = new Map<string, KeyObject>();
  for (const { kid } of keys)
    await requireUsableKey(db, kid, ring).then(
      (privateKey) => usable.set(kid, privateKey),
      (error: unknown) => {
        if (!(error instanceof AppError)) throw error;
      },
    );
  return usable;
}

interface StoredKey extends SealedKey {
  alg: SigningAlgorithm;
  jwk: JsonWebKey;
}

/**
 * Opens a key's stored private half. Throws `sealed_key_corrupt` or `key_encryption_key_missing` unless it opens and
 * belongs to its public half: a key that cannot sign must never be promoted.
 */
export async function requireUsableKey(db: Queryable, kid: string, ring: KeyRing): Promise<KeyObject> {
  const { rows } = await db.query<StoredKey>(
    `SELECT k.alg, k.public_jwk AS jwk, p.kek_id AS "kekId", p.sealed
     FROM signing_key k JOIN signing_key_private p ON p.kid = k.kid WHERE k.kid = $1`,
    [kid],
  );
  const key = rows[0];
  if (!key) throw new AppError('sealed_key_corrupt', `the private half of ${kid} is gone`);
  const pkcs8 = openPrivateKey(ring, { kid, alg: key.alg, purpose: accessTokenPurpose }, key);
  const privateKey = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' });
  if (!createPublicKey(privateKey).equals(createPublicKey({ key: key.jwk, format: 'jwk' })))
    throw new AppError('sealed_key_corrupt', `the private half of ${kid} belongs to another public half`);
  return privateKey;
}
