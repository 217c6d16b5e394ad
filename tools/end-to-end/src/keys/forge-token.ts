import { generateSigningKey, signAccessToken } from '@swfx/signing-keys';

/** Signed by nobody whom the platform knows, under a kid that it does know or one of its own. */
export async function forgeToken(kid?: string): Promise<string> {
  const key = await generateSigningKey('ES256');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'smartwalletfx',
    aud: 'smartwalletfx-platform',
    sub: 'user:forged',
    client_id: 'smartwalletfx',
  };
  const scope = 'platform:read platform:write';
  return signAccessToken({
    ...{ privateKey: key.privateKey, kid: kid ?? key.kid, alg: key.alg },
    claims: { ...claims, iat: now, exp: now + 600, jti: 'forged', scope },
  });
}
