import { z } from 'zod';

/** The media type of an access token, as its header names it (RFC 9068 §2.1). */
export const accessTokenType = 'at+jwt';

const seconds = z.number().int().nonnegative();
const id = z.string().min(1);

/** The claims of an access token (RFC 9068 §2.2); times are NumericDates, whole seconds since 1970. */
export const accessTokenClaims = z.object({
  iss: id,
  aud: z.union([id, z.array(id).nonempty()]),
  sub: id,
  client_id: id,
  iat: seconds,
  nbf: seconds.optional(),
  exp: seconds,
  jti: id,
  /** The session that it belongs to: the family of refresh tokens that began with one login. */
  sid: id.optional(),
  /** Scopes, separated by single spaces (RFC 6749 §3.3); may be empty. */
  scope: z.string(),
});
export type AccessTokenClaims = z.output<typeof accessTokenClaims>;
