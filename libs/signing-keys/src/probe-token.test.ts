import { generateSigningKey } from './generate-signing-key';
import type { VerificationKey } from './published-jwks';
import { probeVerifies, signProbe } from './probe-token';
import { verifyAccessToken } from './verify-access-token';

const now = new Date();
const holding = (...keys: VerificationKey[]) => {
  const byKid = new Map(keys.map((key) => [key.kid, key]));
  return (kid: string) => byKid.get(kid);
};

describe.each(['ES256', 'RS256'] as const)('the probe of an %s key', (alg) => {
  it('verifies with that key, with no other, and not without it', async () => {
    const [key, other] = [await generateSigningKey(alg), await generateSigningKey(alg)];
    const published = { kid: key.kid, probe: signProbe(key) };
    const held = { ...key, state: 'pending', leavesAt: null, key: key.privateKey } as const;
    expect(probeVerifies(published, holding(held), now)).toBe(true);
    expect(probeVerifies(published, holding({ ...held, key: other.privateKey }), now)).toBe(false);
    expect(probeVerifies({ ...published, kid: other.kid }, holding(held), now)).toBe(false);
    expect(probeVerifies(published, holding(), now)).toBe(false);
    expect(probeVerifies({ kid: key.kid, probe: null }, holding(held), now)).toBe(false);
  });

  it('is no bearer', async () => {
    const key = await generateSigningKey(alg);
    const held = { ...key, state: 'active', leavesAt: null, key: key.privateKey } as const;
    const options = { issuer: 'key-probe', audience: 'key-probe', clockSkewSeconds: 60, now };
    expect(verifyAccessToken(signProbe(key), { ...options, keyOf: holding(held) })).toEqual({
      outcome: 'refused',
      reason: 'wrong_type',
    });
  });
});
