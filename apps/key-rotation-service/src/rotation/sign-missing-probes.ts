import type { PoolClient } from '@swfx/database';
import { signProbe, type KeyRing, type StoredKeySet } from '@swfx/signing-keys';
import { openUsableKeys } from './check-key-ring';

/**
 * Signs the probes of keys from before there were any, and gives back the set with them: without its probe no verifier
 * can prove that it has a key, and a rotation would wait for that for ever.
 */
export async function signMissingProbes(
  client: PoolClient,
  keySet: StoredKeySet,
  ring: KeyRing,
): Promise<StoredKeySet> {
  const without = keySet.keys.filter(({ probe, state }) => probe === null && state !== 'revoked');
  const usable = await openUsableKeys(client, { ...keySet, keys: without }, ring);
  const probes = new Map<string, string>();
  for (const { kid, alg } of without) {
    const privateKey = usable.get(kid);
    if (!privateKey) continue;
    const probe = signProbe({ kid, alg, privateKey });
    await client.query('UPDATE signing_key SET probe = $2 WHERE kid = $1', [kid, probe]);
    probes.set(kid, probe);
  }
  const keys = keySet.keys.map((key) => ({ ...key, probe: probes.get(key.kid) ?? key.probe }));
  return { ...keySet, keys };
}
