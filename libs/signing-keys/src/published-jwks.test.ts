import { generateSigningKey } from './generate-signing-key';
import { keyStates, type KeySet, type KeyState, type PublicKey } from './key-set';
import { publishedJwks, verificationKeys } from './published-jwks';

const at = new Date('2026-01-01T00:00:00Z');

async function keyIn(state: KeyState): Promise<PublicKey> {
  const { kid, alg, jwk } = await generateSigningKey('ES256');
  const times = {
    probe: null,
    activatedAt: null,
    retiringSince: null,
    retiredAt: null,
    revokedAt: null,
    leavesAt: null,
  };
  return { kid, alg, jwk, state, publishedAt: at, ...times };
}

describe('a published key set', () => {
  let keySet: KeySet;
  beforeAll(async () => {
    keySet = { epoch: 7, readAt: at, keys: await Promise.all(keyStates.map(keyIn)) };
  });
  const kidsIn = (...states: KeyState[]) =>
    keySet.keys.filter(({ state }) => states.includes(state)).map(({ kid }) => kid);

  it('lists pending, active and retiring keys, and no other', () => {
    const kids = publishedJwks(keySet).keys.map((jwk) => jwk['kid']);
    expect(kids).toEqual(kidsIn('pending', 'active', 'retiring'));
  });

  it('verifies with the keys that it lists, and knows the revoked ones as ended', () => {
    const keys = verificationKeys(keySet);
    expect([...keys.keys()]).toEqual(kidsIn('pending', 'active', 'retiring', 'revoked'));
    const [revoked] = kidsIn('revoked');
    expect(keys.get(revoked as string)).toMatchObject({ state: 'revoked', leavesAt: new Date(0) });
    const [active] = kidsIn('active');
    expect(keys.get(active as string)).toMatchObject({ alg: 'ES256', state: 'active', leavesAt: null });
    expect(keys.get(active as string)?.key.type).toBe('public');
  });

  it('imports a key once for all the sets that it is in, and another one under its kid again', () => {
    const before = verificationKeys(keySet);
    const [first, second] = kidsIn('pending', 'active') as [string, string];
    const keys = keySet.keys.map((key) =>
      key.kid === second ? { ...key, jwk: keySet.keys[0]?.jwk ?? {} } : key,
    );
    const after = verificationKeys({ ...keySet, epoch: 8, keys }, before);
    expect(after.get(first)?.key).toBe(before.get(first)?.key);
    expect(after.get(second)?.key.equals(before.get(first)?.key as never)).toBe(true);
  });
});
