import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { KeySet, KeyState, SigningAlgorithm } from './key-set';

/** The states in which a key is published and verifies: from before it signs until its last token has expired. */
const publishedStates: readonly KeyState[] = ['pending', 'active', 'retiring'];

/** The set as a JWK Set (RFC 7517 §5): what `/.well-known/jwks.json` answers. */
export function publishedJwks(keySet: KeySet): { keys: JsonWebKey[] } {
  return { keys: publishedKeys(keySet).map(({ jwk }) => jwk) };
}

/** A key as a verifier uses it: its algorithm pinned, its public half imported once. */
export interface VerificationKey {
  kid: string;
  alg: SigningAlgorithm;
  key: KeyObject;
  state: KeyState;
  /** From this instant on the key verifies nothing, also where no newer set can be read; null while it may sign. */
  leavesAt: Date | null;
}

/** The keys that verify, by kid. A pending one does already: it may have become active since the set was read. */
export function verificationKeys(keySet: KeySet): Map<string, VerificationKey> {
  return new Map(publishedKeys(keySet).map((key) => [key.kid, toVerificationKey(key)]));
}

function publishedKeys(keySet: KeySet): KeySet['keys'] {
  return keySet.keys.filter(({ state }) => publishedStates.includes(state));
}

function toVerificationKey({ kid, alg, jwk, state, leavesAt }: KeySet['keys'][number]): VerificationKey {
  return { kid, alg, state, leavesAt, key: createPublicKey({ key: jwk, format: 'jwk' }) };
}
