import { generateKeyPairSync } from 'node:crypto';
import { signAccessToken, verifyAccessToken } from '@swfx/signing-keys';
import fc from 'fast-check';
import { claimsOf } from '../testing/tokens';
import { createBreakGlass, signBreakGlassToken } from './break-glass';

const policy = { issuer: 'smartwalletfx', audience: 'smartwalletfx-platform', clockSkewSeconds: 60 };
const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
const breakGlass = createBreakGlass(publicKey, policy);
const start = 1_750_000_000;
const now = new Date(start * 1000);
const emergency = (changes: object = {}) =>
  claimsOf({ sub: 'operator:alice', iat: start, exp: start + 900, ...changes });

test('accepts a token of minutes that an operator signed', () => {
  const claims = emergency();
  expect(breakGlass.verify(signBreakGlassToken(privateKey, claims), now)).toEqual(claims);
});

test.each([
  ['is signed by another key', signBreakGlassToken(stranger, emergency())],
  ['has expired', signBreakGlassToken(privateKey, emergency({ iat: start - 2_000, exp: start - 1_100 }))],
  ['is good for more than an hour', signBreakGlassToken(privateKey, emergency({ exp: start + 3_601 }))],
  ['is for another audience', signBreakGlassToken(privateKey, emergency({ aud: 'elsewhere' }))],
  ['is of another issuer', signBreakGlassToken(privateKey, emergency({ iss: 'elsewhere' }))],
  ['names a user', signBreakGlassToken(privateKey, emergency({ sub: 'user:1' }))],
  ['is an access token', accessToken()],
  ['is nothing', 'abc'],
])('refuses a token that %s', (_case, token) => {
  expect(breakGlass.verify(token, now)).toBeUndefined();
});

function accessToken(): string {
  const token = signBreakGlassToken(privateKey, emergency());
  const { kid } = JSON.parse(Buffer.from(token.split('.')[0] as string, 'base64url').toString()) as {
    kid: string;
  };
  return signAccessToken({ privateKey, kid, alg: 'ES256', claims: emergency() });
}

test('is no access token, even where its key were in the set', () => {
  const token = signBreakGlassToken(privateKey, emergency());
  const keyOf = (kid: string) => ({
    kid,
    alg: 'ES256' as const,
    key: publicKey,
    state: 'active' as const,
    leavesAt: null,
  });
  expect(verifyAccessToken(token, { ...policy, keyOf, now })).toEqual({
    outcome: 'refused',
    reason: 'wrong_type',
  });
});

test('never throws, and accepts no text but the token itself', () => {
  const token = signBreakGlassToken(privateKey, emergency());
  const change = fc.tuple(fc.nat({ max: token.length - 1 }), fc.constantFrom(...'ABCxyz019-_.= '));
  fc.assert(
    fc.property(change, ([at, character]) => {
      const changed = token.slice(0, at) + character + token.slice(at + 1);
      expect(breakGlass.verify(changed, now) === undefined).toBe(changed !== token);
    }),
  );
});
