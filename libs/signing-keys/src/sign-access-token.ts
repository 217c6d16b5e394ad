import type { KeyObject } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { SigningAlgorithm } from './key-set';
import { accessTokenType, type AccessTokenClaims } from './access-token';

/** Signs an access token (RFC 9068): `typ` is `at+jwt`, the kid is in the header, times are the caller's. */
export function signAccessToken(options: {
  privateKey: KeyObject;
  kid: string;
  alg: SigningAlgorithm;
  claims: AccessTokenClaims;
}): string {
  const { privateKey, kid, alg, claims } = options;
  return jwt.sign(claims, privateKey, { algorithm: alg, header: { alg, kid, typ: accessTokenType } });
}
