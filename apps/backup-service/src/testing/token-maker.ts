import { randomBytes, randomUUID } from 'node:crypto';
import { Secret } from '@swfx/config';
import { inTransaction, type Pool } from '@swfx/database';
import {
  generateSigningKey,
  keySetSigner,
  parseKeyRing,
  prepareKey,
  readKeySet,
  signAccessToken,
  updateKeySet,
  type AccessTokenClaims,
} from '@swfx/signing-keys';

/** Makes the access tokens that a gateway would, with a signing key that it has put into the ops database. */
export interface TokenMaker {
  /** The value of KEY_ENCRYPTION_KEYS. */
  ring: string;
  /** The value of KEY_SET_TRUST. */
  trust: string;
  token(claims: Partial<AccessTokenClaims> & { scope: string }): string;
  /** Makes the key bad for good. */
  revoke(): Promise<void>;
}

export async function createTokenMaker(pool: Pool): Promise<TokenMaker> {
  const written = `k1:${randomBytes(32).toString('base64')}`;
  const ring = parseKeyRing(new Secret(written));
  const key = await generateSigningKey('ES256');
  const change = async (make: (at: Date) => Parameters<typeof updateKeySet>[2]['change']) =>
    inTransaction(pool, async (client) => {
      const seen = await readKeySet(client);
      await updateKeySet(client, ring, { seen, change: make(seen.readAt) });
    });
  const publish = [prepareKey(key, { ring, state: 'active', createdBy: 'service:test' })];
  await change((at) => ({ at, transitions: [], publish }));
  return {
    ring: written,
    trust: keySetSigner(ring).name,
    token(claims) {
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: 'smartwalletfx', aud: 'smartwalletfx-platform', client_id: 'smartwalletfx' };
      const times = { iat: now, exp: now + 600, jti: randomUUID() };
      const { privateKey, kid, alg } = key;
      const sub = `user:${randomUUID()}`;
      return signAccessToken({ privateKey, kid, alg, claims: { ...usual, ...times, sub, ...claims } });
    },
    async revoke() {
      const next = await generateSigningKey('ES256');
      const successor = [prepareKey(next, { ring, state: 'active', createdBy: 'service:test' })];
      await change((at) => ({ at, transitions: [{ kid: key.kid, to: 'revoked' }], publish: successor }));
    },
  };
}
