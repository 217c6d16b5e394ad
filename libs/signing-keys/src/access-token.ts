/** The media type of an access token, as its header names it (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt';

/** The claims of an access token (RFC 9068 §2.2); times are NumericDates, whole seconds since 1970. */
export interface AccessTokenClaims {
  iss: string;
  aud: string | string[];
  sub: string;
  client_id: string;
  iat: number;
  nbf?: number;
  exp: number;
  jti: string;
  /** The session that it belongs to: the family of refresh tokens that began with one login. */
  sid?: string;
  /** Scopes, separated by single spaces (RFC 6749 §3.3); may be empty. */
  scope: string;
}

/**
 * Reads a token's claims; undefined unless they are those of an access token, whatever else there is beside them. By
 * hand rather than by a schema: it is asked for every token that is new, and is as much of its cost as of its code.
 */
export function readAccessTokenClaims(value: unknown): AccessTokenClaims | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { iss, aud, sub, client_id, iat, nbf, exp, jti, sid, scope } = value as Record<string, unknown>;
  const areIds = isId(iss) && isId(sub) && isId(client_id) && isId(jti) && (sid === undefined || isId(sid));
  const areTimes = isTime(iat) && isTime(exp) && (nbf === undefined || isTime(nbf));
  const isFor = isId(aud) || (Array.isArray(aud) && aud.length > 0 && aud.every(isId));
  return areIds && areTimes && isFor && typeof scope === 'string' ? (value as AccessTokenClaims) : undefined;
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0;
}

function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
