/**
 * Verifies a token of one type as RFC 8725 asks: one canonical spelling, no header but the three that we write, the
 * algorithm the key's and never the token's, then the signature, and only then a look at the claims. No header can
 * make it fetch or choose a key (`jku`, `x5u`, `jwk`, `crit` are refused with all the others).
 */
import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { decodeToken, type DecodedToken } from './decode-token';
import type { VerificationKey } from './published-jwks';

/** Why a token is not genuine. `revoked_key` is for good; what `unknown_kid` says may be out of date. */
export type Counterfeit = 'malformed' | 'wrong_type' | 'unknown_kid' | 'revoked_key' | 'bad_signature';

/** `genuine` says who signed it, and nothing yet of whether its claims are good. */
export type SignedVerification<Claims> =
  { outcome: 'genuine'; claims: Claims; kid: string } | { outcome: 'refused'; reason: Counterfeit };

const headerSchema = z.strictObject({ alg: z.string(), typ: z.string().optional(), kid: z.string().min(1) });

/** Synchronous, and never throws, whatever it is given. `keyOf` tells the key of a kid, or undefined. */
export function verifySigned<Claims>(
  token: string,
  expected: {
    type: string;
    claims: z.ZodType<Claims>;
    keyOf(kid: string): VerificationKey | undefined;
    now: Date;
  },
): SignedVerification<Claims> {
  const decoded = decodeToken(token);
  const header = decoded && parseJson(headerSchema, decoded.header);
  if (!decoded || !header) return refused('malformed');
  if (header.typ !== expected.type) return refused('wrong_type');
  const key = expected.keyOf(header.kid);
  if (key?.state === 'revoked') return refused('revoked_key');
  if (!key || hasLeft(key, expected.now)) return refused('unknown_kid');
  if (header.alg !== key.alg || !signatureFits(decoded, key)) return refused('bad_signature');
  const claims = parseJson(expected.claims, decoded.claims);
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

function parseJson<Output>(schema: z.ZodType<Output>, bytes: Buffer): Output | undefined {
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
