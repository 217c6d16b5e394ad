import { createPrivateKey, randomUUID } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import {
  accessTokenPurpose,
  openPrivateKey,
  readActiveKey,
  signAccessToken,
  type ActiveKey,
  type KeyRing,
} from '@swfx/signing-keys';
import { subjectOf, type User } from './users';

export interface MintPolicy {
  keyRing: KeyRing;
  issuer: string;
  audience: string;
  accessTokenTtlSeconds: number;
}

/** What a successful login answers (RFC 6749 §5.1). */
export interface IssuedToken {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  scope: string;
}

/** RFC 9068 wants a client named; people who log in at the gateway do so with our own. */
const clientId = 'smartwalletfx';

/**
 * Signs an access token for a user, in the transaction in hand, with the key that is active in it. The times in the
 * token are those of that read, by Postgres's clock: a process that is paused between read and signature makes a
 * token that is old already, never one that outlives its key.
 */
export async function mintAccessToken(
  db: Queryable,
  user: Pick<User, 'id' | 'scopes'>,
  policy: MintPolicy,
): Promise<IssuedToken> {
  const active = await readActiveKey(db);
  if (!active)
    throw new AppError('keys_unavailable', 'there is no signing key yet', { retryAfterSeconds: 5 });
  const issuedAt = Math.floor(active.readAt.getTime() / 1000);
  const scope = user.scopes.join(' ');
  const claims = {
    iss: policy.issuer,
    aud: policy.audience,
    sub: subjectOf(user),
    client_id: clientId,
    iat: issuedAt,
    exp: issuedAt + policy.accessTokenTtlSeconds,
    jti: randomUUID(),
    scope,
  };
  const { kid, alg } = active;
  const token = signAccessToken({ privateKey: unseal(active, policy.keyRing), kid, alg, claims });
  return { access_token: token, token_type: 'Bearer', expires_in: policy.accessTokenTtlSeconds, scope };
}

/** That a key does not open is for operators to know; whoever logs in learns that they cannot at the moment. */
function unseal({ kid, alg, sealed }: ActiveKey, ring: KeyRing): ReturnType<typeof createPrivateKey> {
  try {
    const key = openPrivateKey(ring, { kid, alg, purpose: accessTokenPurpose }, sealed);
    return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch (cause) {
    throw new AppError('keys_unavailable', 'no token can be signed at the moment', {
      cause,
      retryAfterSeconds: 30,
    });
  }
}
