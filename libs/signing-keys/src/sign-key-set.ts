import { sign, verify } from 'node:crypto';
import type { KeySet, KeySetSignature, PublicKey, StoredKeySet } from './key-set';
import type { KeySetSigner, KeySetTrust } from './key-set-trust';

/** Why a stored set is not the work of a signer whom the verifier believes. */
export type KeySetForgery = 'unsigned' | 'unknown_signer' | 'bad_signature';

/** Signs a set: its epoch, and of each key all that a verifier goes by. */
export function signKeySet(keySet: Pick<KeySet, 'epoch' | 'keys'>, signer: KeySetSigner): KeySetSignature {
  return { signer: signer.name, value: sign(null, signedBytes(keySet), signer.privateKey) };
}

/** What is wrong with a stored set's signature; undefined when it is good. The set of epoch 0 is empty and unsigned. */
export function findForgery(keySet: StoredKeySet, trust: KeySetTrust): KeySetForgery | undefined {
  if (keySet.epoch === 0 && keySet.keys.length === 0) return undefined;
  if (!keySet.signature) return 'unsigned';
  const publicKey = trust.get(keySet.signature.signer);
  if (!publicKey) return 'unknown_signer';
  const good = verify(null, signedBytes(keySet), publicKey, keySet.signature.value);
  return good ? undefined : 'bad_signature';
}

function signedBytes({ epoch, keys }: Pick<KeySet, 'epoch' | 'keys'>): Buffer {
  const entries = keys.map(signedEntry).sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(JSON.stringify(['smartwalletfx key set', 1, epoch, entries]));
}

/** Every member of the JWK in an order of its own: what Postgres stores as jsonb comes back in another one. */
function signedEntry({ kid, alg, state, jwk, leavesAt }: PublicKey): [string, ...unknown[]] {
  const members = Object.entries(jwk).sort(([a], [b]) => (a < b ? -1 : 1));
  return [kid, alg, state, members, leavesAt?.getTime() ?? null];
}
