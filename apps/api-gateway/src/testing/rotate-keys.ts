import { Secret } from '@swfx/config';
import type { PoolClient, Queryable } from '@swfx/database';
import {
  generateSigningKey,
  parseKeyRing,
  prepareKey,
  readKeySet,
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
  const ring = parseKeyRing(new Secret(keyEncryptionKeys));
  const leavesAt = new Date(set.readAt.getTime() + graceSeconds * 1000);
  const transitions: KeyTransition[] = set.keys
    .filter(({ state }) => state === 'active')
    .map(({ kid }) => ({ kid, to: 'retiring', leavesAt }));
  const publish = [prepareKey(key, { ring, state: 'active', createdBy: 'service:test' })];
  const change = { at: set.readAt, transitions, publish };
  const update = await updateKeySet(db as PoolClient, ring, { seen: set, change });
  return { key, epoch: update.epoch };
}
