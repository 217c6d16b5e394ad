import { randomUUID } from 'node:crypto';
import { signAccessToken, type AccessTokenClaims, type GeneratedKey } from '@swfx/signing-keys';

/** Claims as the gateway makes them, with the given changes. */
export function claimsOf(changes: Partial<AccessTokenClaims> = {}): AccessTokenClaims {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: 'smartwalletfx',
    aud: 'smartwalletfx-platform',
    sub: `user:${randomUUID()}`,
    client_id: 'smartwalletfx',
    iat: now,
    exp: now + 600,
    jti: randomUUID(),
    scope: 'platform:read platform:write',
    ...changes,
  };
}

/** A token as the gateway would issue it with a key. */
export function tokenBy(key: GeneratedKey, changes: Partial<AccessTokenClaims> = {}): string {
  const { privateKey, kid, alg } = key;
  return signAccessToken({ privateKey, kid, alg, claims: claimsOf(changes) });
}

/** The `Authorization` header for a token. */
export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
