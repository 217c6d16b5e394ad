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

/** A key as it was imported from a set. */
export interface ImportedKey extends VerificationKey {
  jwk: JsonWebKey;
}

/**
 * The keys that verify, by kid. A pending one does already: it may have become active since the set was read. Revoked
 * ones are there too, at their end, so that a verifier can tell a key that is over for good from one that it has not
 * heard of. What was imported for the set before, `former`, is not imported again.
 */
export function verificationKeys(
  keySet: KeySet,
  former: ReadonlyMap<string, ImportedKey> = new Map(),
): Map<string, ImportedKey> {
  const known = keySet.keys.filter(({ state }) => state === 'revoked' || publishedStates.includes(state));
  return new Map(known.map((key) => [key.kid, toVerificationKey(key, former.get(key.kid))]));
}

function publishedKeys(keySet: KeySet): KeySet['keys'] {
  return keySet.keys.filter(({ state }) => publishedStates.includes(state));
}

function toVerificationKey(
  { kid, alg, jwk, state, leavesAt }: KeySet['keys'][number],
  former: ImportedKey | undefined,
): ImportedKey {
  const end = state === 'revoked' ? new Date(0) : leavesAt;
  // A kid that was imported says nothing of the key: only the same key is the same.
  const key =
    former && isSameJwk(former.jwk, jwk) ? former.key : createPublicKey({ key: jwk, format: 'jwk' });
  return { kid, alg, state, leavesAt: end, jwk, key };
}

function isSameJwk(one: JsonWebKey, other: JsonWebKey): boolean {
  const members = Object.keys(one);
  return members.length === Object.keys(other).length && members.every((name) => one[name] === other[name]);
}
