import { createPrivateKey, randomUUID } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import {
  accessTokenPurpose,
  type ActiveKey,
  type KeyRing,
  openPrivateKey,
  readActiveKey,
  readValidFrom,
  signAccessToken,
} from '@swfx/signing-keys';
import { effectiveScopes } from './roles';
import { subjectOf, type User } from './users';

export interface MintPolicy {
  keyRing: KeyRing;
  issuer: string;
  audience: string;
  accessTokenTtlSeconds: number;
}

/** An access token as it is handed out (RFC 6749 §5.1). */
export interface IssuedToken {
  access_token: string;
  token_type: 'Bearer';
  expires_in: number;
  scope: string;
}

/** What a login or a refresh answers: with the refresh token that is good for one more. */
export interface IssuedTokens extends IssuedToken {
  refresh_token: string;
}

/** RFC 9068 wants a client named; people who log in at the gateway do so with our own. */
const clientId = 'smartwalletfx';

/**
 * Signs an access token for a user, in the transaction in hand, with the key that is active in it. The times in the
 * token are those of that read, by Postgres's clock: a process that is paused between read and signature makes a
 * token that is old already, never one that outlives its key. Where the user was cut off within this second the
 * token is dated to the next (see token-cut-off); the caller holds the user's row, so that no cut-off comes between.
 * Nor does it live longer than its key can, whatever the settings here are.
 */
export async function mintAccessToken(
  db: Queryable,
  holder: { user: Pick<User, 'id' | 'roles' | 'scopes'>; sessionId: string },
  policy: MintPolicy,
): Promise<IssuedToken> {
  const active = await readActiveKey(db);
  if (!active)
    throw new AppError('keys_unavailable', 'there is no signing key yet', { retryAfterSeconds: 5 });
  const { user, sessionId } = holder;
  const subject = subjectOf(user);
  const now = Math.floor(active.readAt.getTime() / 1000);
  const issuedAt = Math.max(now, await readValidFrom(db, subject));
  const scope = effectiveScopes(user).join(' ');
  const ttlSeconds = Math.min(policy.accessTokenTtlSeconds, active.longestTokenSeconds ?? Infinity);
  const claims = {
    iss: policy.issuer,
    aud: policy.audience,
    sub: subject,
    client_id: clientId,
    iat: issuedAt,
    exp: issuedAt + ttlSeconds,
    jti: randomUUID(),
    sid: sessionId,
    scope,
  };
  const { kid, alg } = active;
  const token = signAccessToken({ privateKey: unseal(active, policy.keyRing), kid, alg, claims });
  return { access_token: token, token_type: 'Bearer', expires_in: ttlSeconds, scope };
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
