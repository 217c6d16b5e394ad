/**
 * Verifies an access token as RFC 8725 asks: one canonical spelling, no header but the three that we write, the
 * algorithm the key's and never the token's, then the signature, and only then a look at the claims. No header can
 * make it fetch or choose a key (`jku`, `x5u`, `jwk`, `crit` are refused with all the others). It is synchronous
 * and does nothing but decide; the reason of a refusal is for metrics and audit, not for the caller of the API.
 */
import { verify, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { accessTokenClaims, accessTokenType, type AccessTokenClaims } from './access-token';
import { decodeToken, type DecodedToken } from './decode-token';
import type { VerificationKey } from './published-jwks';

/** Why a token was refused: outcomes of the metric `token_verifications_total`. */
export type RefusalReason =
  | 'malformed'
  | 'wrong_type'
  | 'unknown_kid'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid';

export type TokenVerification =
  | { outcome: 'accepted'; claims: AccessTokenClaims; kid: string }
  | { outcome: 'refused'; reason: RefusalReason };

export interface VerifyOptions {
  /** The key of that kid, or undefined. The caller decides whether to read the key set afresh before it says so. */
  keyOf(kid: string): VerificationKey | undefined;
  issuer: string;
  audience: string;
  clockSkewSeconds: number;
  now: Date;
}

const headerSchema = z.strictObject({ alg: z.string(), typ: z.string().optional(), kid: z.string().min(1) });

/** Accepts a token with its claims, or refuses it with a reason; never throws, whatever it is given. */
export function verifyAccessToken(token: string, options: VerifyOptions): TokenVerification {
  const decoded = decodeToken(token);
  const header = decoded && parseJson(headerSchema, decoded.header);
  if (!decoded || !header) return refused('malformed');
  if (header.typ !== accessTokenType) return refused('wrong_type');
  const key = options.keyOf(header.kid);
  if (!key || hasLeft(key, options.now)) return refused('unknown_kid');
  if (header.alg !== key.alg || !signatureFits(decoded, key)) return refused('bad_signature');
  const claims = parseJson(accessTokenClaims, decoded.claims);
  if (!claims) return refused('malformed');
  const reason = claimProblem(claims, options);
  return reason ? refused(reason) : { outcome: 'accepted', claims, kid: key.kid };
}

function refused(reason: RefusalReason): TokenVerification {
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

function claimProblem(claims: AccessTokenClaims, options: VerifyOptions): RefusalReason | undefined {
  const now = options.now.getTime() / 1000;
  const { clockSkewSeconds: skew } = options;
  if (claims.iss !== options.issuer) return 'wrong_issuer';
  if (![claims.aud].flat().includes(options.audience)) return 'wrong_audience';
  if (now >= claims.exp + skew) return 'expired';
  if (now < Math.max(claims.iat, claims.nbf ?? 0) - skew) return 'not_yet_valid';
  return undefined;
}

function parseJson<Schema extends z.ZodType>(schema: Schema, bytes: Buffer): z.output<Schema> | undefined {
  try {
    return schema.safeParse(JSON.parse(bytes.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
