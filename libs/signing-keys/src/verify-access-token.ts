/**
 * Verifies an access token: that it is genuine (see verify-signed.ts), then that it is ours, for us, and for now. It
 * is synchronous and does nothing but decide; the reason of a refusal is for metrics and audit, not for the caller of
 * the API.
 */
import { accessTokenType, readAccessTokenClaims, type AccessTokenClaims } from './access-token';
import type { VerificationKey } from './published-jwks';
import { verifySigned, type Counterfeit, type TokenKind } from './verify-signed';

/** Why a token was refused: outcomes of the metric `token_verifications_total`. */
export type RefusalReason = Counterfeit | 'wrong_issuer' | 'wrong_audience' | 'expired' | 'not_yet_valid';

export type TokenVerification =
  | { outcome: 'accepted'; claims: AccessTokenClaims; kid: string }
  | { outcome: 'refused'; reason: RefusalReason };

export interface VerifyOptions {
  /** The key of that kid, or undefined. The caller decides whether to read the key set afresh before it says so. */
  keyOf: (kid: string) => VerificationKey | undefined;
  issuer: string;
  audience: string;
  clockSkewSeconds: number;
  now: Date;
}

const accessToken: TokenKind<AccessTokenClaims> = {
  type: accessTokenType,
  readClaims: readAccessTokenClaims,
};

/** Accepts a token with its claims, or refuses it with a reason; never throws, whatever it is given. */
export function verifyAccessToken(token: string, options: VerifyOptions): TokenVerification {
  const verdict = verifySigned(token, accessToken, options);
  if (verdict.outcome === 'refused') return verdict;
  const { claims, kid } = verdict;
  const reason = claimProblem(claims, options);
  return reason ? refused(reason) : { outcome: 'accepted', claims, kid };
}

function refused(reason: RefusalReason): TokenVerification {
  return { outcome: 'refused', reason };
}

/**
 * What is wrong with the claims of a token whose signature fits, at one moment and for one audience; undefined when
 * nothing is. Whoever remembers that a signature fitted asks this again each time.
 */
export function claimProblem(
  claims: AccessTokenClaims,
  options: Pick<VerifyOptions, 'issuer' | 'audience' | 'clockSkewSeconds' | 'now'>,
): RefusalReason | undefined {
  const now = options.now.getTime() / 1000;
  const { clockSkewSeconds: skew } = options;
  if (claims.iss !== options.issuer) return 'wrong_issuer';
  if (!isFor(claims, options.audience)) return 'wrong_audience';
  if (now >= claims.exp + skew) return 'expired';
  if (now < Math.max(claims.iat, claims.nbf ?? 0) - skew) return 'not_yet_valid';
  return undefined;
}

/** Asked for each request, so without making an array of a single audience first. */
function isFor({ aud }: AccessTokenClaims, audience: string): boolean {
  return typeof aud === 'string' ? aud === audience : aud.includes(audience);
}
