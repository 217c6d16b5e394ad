import { Secret } from '@swfx/config';
import type { PoolClient, Queryable } from '@swfx/database';
import {
  accessTokenPurpose,
  generateSigningKey,
  parseKeyRing,
  readKeySet,
  sealPrivateKey,
  updateKeySet,
  type GeneratedKey,
  type KeyTransition,
} from '@swfx/signing-keys';

/** Makes a new key active and the last one retiring, in one step; `graceSeconds` as the policy would have it. */
export async function rotateKeys(
  db: Queryable,
  keyEncryptionKeys: string,
  graceSeconds = 900,
): Promise<{ key: GeneratedKey; epoch: number }> {
  const set = await readKeySet(db);
  const key = await generateSigningKey('ES256');
  const pkcs8 = key.privateKey.export({ format: 'der', type: 'pkcs8' });
  const ring = parseKeyRing(new Secret(keyEncryptionKeys));
  const sealed = sealPrivateKey(ring, { kid: key.kid, alg: key.alg, purpose: accessTokenPurpose }, pkcs8);
  const leavesAt = new Date(set.readAt.getTime() + graceSeconds * 1000);
  const transitions: KeyTransition[] = set.keys
    .filter(({ state }) => state === 'active')
    .map(({ kid }) => ({ kid, to: 'retiring', leavesAt }));
  const publish = [
    { kid: key.kid, alg: key.alg, jwk: key.jwk, state: 'active' as const, sealed, createdBy: 'service:test' },
  ];
  const update = await updateKeySet(db as PoolClient, set.epoch, { at: set.readAt, transitions, publish });
  return { key, epoch: update.epoch };
}
