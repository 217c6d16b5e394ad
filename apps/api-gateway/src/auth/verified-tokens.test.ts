import {
  generateSigningKey,
  signAccessToken,
  verifyAccessToken,
  type GeneratedKey,
  type VerificationKey,
} from '@swfx/signing-keys';
import { createPublicKey } from 'node:crypto';
import fc from 'fast-check';
import { claimsOf } from '../testing/tokens';
import { createVerifiedTokens } from './verified-tokens';

const policy = { issuer: 'smartwalletfx', audience: 'smartwalletfx-platform', clockSkewSeconds: 60 };
const start = 1_750_000_000;
let keys: GeneratedKey[];
let tokens: string[];

beforeAll(async () => {
  keys = await Promise.all([1, 2, 3].map(() => generateSigningKey('ES256')));
  tokens = keys.flatMap((key, at) => [
    sign(key, { sub: `user:a${at}`, iat: start, exp: start + 600 }),
    sign(key, { sub: `user:b${at}`, iat: start + 300, exp: start + 900, nbf: start + 420 }),
    sign(key, { sub: `user:c${at}`, iat: start, exp: start + 600, aud: 'elsewhere' }),
  ]);
});

function sign({ privateKey, kid, alg }: GeneratedKey, changes: object): string {
  return signAccessToken({ privateKey, kid, alg, claims: claimsOf(changes) });
}

function published({ kid, alg, jwk }: GeneratedKey, leavesAt: Date | null = null): VerificationKey {
  return { kid, alg, state: 'active', leavesAt, key: createPublicKey({ key: jwk, format: 'jwk' }) };
}

/** Other texts that look like a token: cut, spelled another way, put together of two, or signed by somebody else. */
function variantOf(token: string, other: string, way: number): string {
  const [header, claims, signature] = token.split('.') as [string, string, string];
  const [otherHeader, otherClaims, otherSignature] = other.split('.') as [string, string, string];
  const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const respelled = last[last.indexOf(signature.slice(-1)) ^ 1] ?? 'A';
  return [
    token,
    `${header}.${claims}.${otherSignature}`,
    `${header}.${otherClaims}.${signature}`,
    `${otherHeader}.${claims}.${signature}`,
    token.slice(0, -1),
    token.slice(0, token.lastIndexOf('.') + 1),
    `${token}=`,
    ` ${token}`,
    token.slice(0, -1) + respelled,
    token.replace('.', '..'),
    `${token}.${signature}`,
    `${header}.${Buffer.from(Buffer.from(claims, 'base64url').toString().replace('user:', 'user:z')).toString('base64url')}.${signature}`,
  ][way] as string;
}
const ways = 12;

type Step =
  | { kind: 'verify'; token: number; other: number; way: number }
  | { kind: 'revoke' | 'publish' | 'import again'; key: number }
  | { kind: 'impostor'; key: number; by: number }
  | { kind: 'leaves'; key: number; inSeconds: number }
  | { kind: 'clock'; seconds: number };

const which = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('verify' as const),
      token: fc.nat({ max: 8 }),
      other: fc.nat({ max: 8 }),
      way: fc.oneof(
        { weight: 2, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.nat({ max: ways - 1 }) },
      ),
    }),
  },
  fc.record({
    kind: fc.constantFrom('revoke' as const, 'publish' as const, 'import again' as const),
    key: which,
  }),
  fc.record({ kind: fc.constant('impostor' as const), key: which, by: which }),
  fc.record({
    kind: fc.constant('leaves' as const),
    key: which,
    inSeconds: fc.integer({ min: -10, max: 400 }),
  }),
  fc.record({ kind: fc.constant('clock' as const), seconds: fc.integer({ min: 0, max: 300 }) }),
);

test('whatever it remembers, it answers as verifying anew would: no other identity, and nothing beyond a revocation', () => {
  let [accepted, refused] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(step, { minLength: 5, maxLength: 60 }),
      fc.constantFrom(0, 2, 4, 100),
      (steps, limit) => {
        const held = new Map(keys.map((key) => [key.kid, published(key)]));
        const keyOf = (kid: string) => held.get(kid);
        const remembering = createVerifiedTokens({ keyOf, policy, limit });
        let now = start;
        for (const each of steps) {
          if (each.kind === 'clock') now += each.seconds;
          else if (each.kind === 'verify') {
            const token = variantOf(tokens[each.token] as string, tokens[each.other] as string, each.way);
            const at = new Date(now * 1000);
            const anew = verifyAccessToken(token, { ...policy, keyOf, now: at });
            expect(remembering.verify(token, at)).toEqual(anew);
            if (anew.outcome === 'accepted') accepted += 1;
            else refused += 1;
          } else {
            const key = keys[each.key] as GeneratedKey;
            if (each.kind === 'revoke') held.delete(key.kid);
            else if (each.kind === 'leaves')
              held.set(key.kid, published(key, new Date((now + each.inSeconds) * 1000)));
            // Another key under the same kid, as an import could bring it.
            else if (each.kind === 'impostor')
              held.set(key.kid, { ...published(keys[each.by] as GeneratedKey), kid: key.kid });
            else held.set(key.kid, published(key));
          }
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(Math.min(accepted, refused)).toBeGreaterThan(100);
});

test('computes a signature once while its token is asked for, also when the set is read again', () => {
  const results: string[] = [];
  const [key] = keys as [GeneratedKey];
  let current = published(key);
  const remembering = createVerifiedTokens({
    keyOf: () => current,
    policy,
    limit: 10,
    onResult: (result) => results.push(result),
  });
  const at = new Date(start * 1000);
  const verify = () => remembering.verify(tokens[0] as string, at).outcome;
  expect([verify(), verify()]).toEqual(['accepted', 'accepted']);
  current = published(key);
  expect(verify()).toBe('accepted');
  expect(results).toEqual(['miss', 'hit', 'hit']);
});

test('remembers a bounded number of tokens, and the ones in use for longest', () => {
  const misses = new Map<string, number>();
  const [key] = keys as [GeneratedKey];
  let asked = '';
  const remembering = createVerifiedTokens({
    keyOf: () => published(key),
    policy,
    limit: 4,
    onResult: (result) => result === 'miss' && misses.set(asked, (misses.get(asked) ?? 0) + 1),
  });
  const many = Array.from({ length: 20 }, (_, at) =>
    sign(key, { sub: `user:${at}`, iat: start, exp: start + 600 }),
  );
  const favourite = many[0] as string;
  for (const token of many)
    for (asked of [token, favourite]) remembering.verify(asked, new Date(start * 1000));
  expect(misses.get(favourite)).toBe(1);
  asked = many[1] as string;
  remembering.verify(asked, new Date(start * 1000));
  expect(misses.get(asked)).toBe(2);
});
