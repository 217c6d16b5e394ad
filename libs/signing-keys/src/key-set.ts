/**
 * The set of signing keys, as everyone but the signer sees it: public halves only. A key moves
 * `pending → active → retiring → retired`, and to `revoked` from any of them. Exactly one is active once there is
 * a set at all. Every change of the set raises its epoch by one, and an epoch never goes back.
 */
import type { JsonWebKey } from 'node:crypto';

/** The states of a signing key, in the order of its life; `revoked` may follow any of the others. */
export const keyStates = ['pending', 'active', 'retiring', 'retired', 'revoked'] as const;
export type KeyState = (typeof keyStates)[number];

/** The signature algorithms (RFC 7518 §3.1) that a key may have; a key has exactly one for all its life. */
export const signingAlgorithms = ['ES256', 'RS256'] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

/** One key's public half and its life so far. All times are Postgres's. */
export interface PublicKey {
  /** RFC 7638 thumbprint of the public half: one kid can never name two keys. */
  kid: string;
  alg: SigningAlgorithm;
  state: KeyState;
  /** The public JWK, with `kid`, `alg` and `use`. */
  jwk: JsonWebKey;
  /** Signed by the key itself when it was published: see probe-token.ts. Null for keys from before there were any. */
  probe: string | null;
  publishedAt: Date;
  activatedAt: Date | null;
  retiringSince: Date | null;
  retiredAt: Date | null;
  revokedAt: Date | null;
  /** Until when a retiring key still verifies: the last token that it signed has expired by then. */
  leavesAt: Date | null;
}

/** The set at one instant. Keys that are retired are no longer part of it; revoked ones stay as tombstones. */
export interface KeySet {
  /** 0 before the first key. */
  epoch: number;
  keys: PublicKey[];
  /** When it was read, by Postgres's clock. */
  readAt: Date;
}

/** Who vouches for a set (its name, `id:publicKey`), and how. */
export interface KeySetSignature {
  signer: string;
  value: Buffer;
}

/** The set as the database has it, which is not to be believed before its signature was found good. */
export interface StoredKeySet extends KeySet {
  /** Null before the first key. */
  signature: KeySetSignature | null;
}
