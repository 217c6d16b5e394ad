/**
 * Verifies a token of one type as RFC 8725 asks: one canonical spelling, no header but the three that we write, the
 * algorithm the key's and never the token's, then the signature, and only then a look at the claims. No header can
 * make it fetch or choose a key (`jku`, `x5u`, `jwk`, `crit` are refused with all the others).
 */
import { verify, type KeyObject } from 'node:crypto';
import { decodeToken, parseJson, type DecodedToken } from './decode-token';
import type { VerificationKey } from './published-jwks';
import { readHeader, rememberHeader } from './token-header';

/** Why a token is not genuine. `revoked_key` is for good; what `unknown_kid` says may be out of date. */
export type Counterfeit = 'malformed' | 'wrong_type' | 'unknown_kid' | 'revoked_key' | 'bad_signature';

/** `genuine` says who signed it, and nothing yet of whether its claims are good. */
export type SignedVerification<Claims> =
  { outcome: 'genuine'; claims: Claims; kid: string } | { outcome: 'refused'; reason: Counterfeit };

/** One type of token: what its header calls it, and how its claims are read. */
export interface TokenKind<Claims> {
  type: string;
  /** Undefined when they are not what such a token says. */
  readClaims(value: unknown): Claims | undefined;
}

/** Synchronous, and never throws, whatever it is given. `keyOf` tells the key of a kid, or undefined. */
export function verifySigned<Claims>(
  token: string,
  kind: TokenKind<Claims>,
  { keyOf, now }: { keyOf: (kid: string) => VerificationKey | undefined; now: Date },
): SignedVerification<Claims> {
  const decoded = decodeToken(token);
  const header = decoded && readHeader(decoded.header);
  if (!decoded || !header) return refused('malformed');
  if (header.typ !== kind.type) return refused('wrong_type');
  const key = keyOf(header.kid);
  if (key?.state === 'revoked') return refused('revoked_key');
  if (!key || hasLeft(key, now)) return refused('unknown_kid');
  if (header.alg !== key.alg || !signatureFits(decoded, key)) return refused('bad_signature');
  rememberHeader(decoded.header, header);
  const claims = kind.readClaims(parseJson(decoded.claims));
  return claims === undefined ? refused('malformed') : { outcome: 'genuine', claims, kid: key.kid };
}

function refused(reason: Counterfeit): { outcome: 'refused'; reason: Counterfeit } {
  return { outcome: 'refused', reason };
}

function hasLeft(key: VerificationKey, now: Date): boolean {
  return key.leavesAt !== null && key.leavesAt <= now;
}

function signatureFits({ signingInput, signature }: DecodedToken, { alg, key }: VerificationKey): boolean {
  return verify('sha256', signingInput, alg === 'ES256' ? rawSignature(key) : key, signature);
}

/** JWS has the two numbers of an ECDSA signature side by side (RFC 7518 §3.4), where OpenSSL expects DER. */
function rawSignature(key: KeyObject): { key: KeyObject; dsaEncoding: 'ieee-p1363' } {
  return { key, dsaEncoding: 'ieee-p1363' };
}
