import { createHmac, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { SignJWT } from 'jose';
import jwt from 'jsonwebtoken';
import type { AccessTokenClaims } from './access-token';
import { generateSigningKey, type GeneratedKey } from './generate-signing-key';
import { signingAlgorithms, type SigningAlgorithm } from './key-set';
import type { VerificationKey } from './published-jwks';
import { signAccessToken } from './sign-access-token';
import { verifyAccessToken, type VerifyOptions } from './verify-access-token';

const now = new Date('2026-01-01T12:00:00Z');
const nowSeconds = now.getTime() / 1000;
const claims: AccessTokenClaims = {
  iss: 'https://issuer.example',
  aud: 'platform',
  sub: 'user:1',
  client_id: 'web',
  iat: nowSeconds,
  exp: nowSeconds + 600,
  jti: 'b6f0c2a4',
  scope: 'platform:read platform:write',
};

const keys = new Map<string, GeneratedKey>();
const verifiers = new Map<string, VerificationKey>();
const options: VerifyOptions = {
  keyOf: (kid) => verifiers.get(kid),
  issuer: claims.iss,
  audience: 'platform',
  clockSkewSeconds: 60,
  now,
};
const keyFor = (alg: SigningAlgorithm) => keys.get(alg) as GeneratedKey;
const tokenOf = (changes: Partial<AccessTokenClaims> = {}, alg: SigningAlgorithm = 'ES256') =>
  signAccessToken({ ...keyFor(alg), claims: { ...claims, ...changes } });

/** `accepted`, or the reason of the refusal. */
function verdict(token: string, changes: Partial<VerifyOptions> = {}): string {
  const result = verifyAccessToken(token, { ...options, ...changes });
  return result.outcome === 'refused' ? result.reason : result.outcome;
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token whose header and claims are anything, correctly signed with the key for ES256. */
function signed(header: object, body: object = claims): string {
  const input = `${encode(header)}.${encode(body)}`;
  const key = { key: keyFor('ES256').privateKey, dsaEncoding: 'ieee-p1363' as const };
  return `${input}.${sign('sha256', Buffer.from(input), key).toString('base64url')}`;
}
const header = (changes: object = {}) => ({
  alg: 'ES256',
  typ: 'at+jwt',
  kid: keyFor('ES256').kid,
  ...changes,
});

function addVerifier({ kid, alg, jwk }: GeneratedKey, leavesAt: Date | null = null): void {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  verifiers.set(kid, { kid, alg, key, state: leavesAt ? 'retiring' : 'active', leavesAt });
}

beforeAll(async () => {
  for (const alg of signingAlgorithms) {
    keys.set(alg, await generateSigningKey(alg));
    addVerifier(keyFor(alg));
  }
});

describe('verifyAccessToken accepts', () => {
  it.each(signingAlgorithms)('what signAccessToken made with %s, and hands its claims on', (alg) => {
    expect(verifyAccessToken(tokenOf({}, alg), options)).toEqual({
      outcome: 'accepted',
      claims,
      kid: keyFor(alg).kid,
    });
  });

  it.each(signingAlgorithms)('what jose signed with %s', async (alg) => {
    const { kid, privateKey } = keyFor(alg);
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg, kid, typ: 'at+jwt' })
      .sign(privateKey);
    expect(verdict(token)).toBe('accepted');
  });

  it('a token within the clock skew of its times, and an audience among several', () => {
    expect(verdict(tokenOf({ iat: nowSeconds + 60 }))).toBe('accepted');
    expect(verdict(tokenOf({ iat: nowSeconds - 659, exp: nowSeconds - 59 }))).toBe('accepted');
    expect(verdict(tokenOf({ aud: ['other', 'platform'] }))).toBe('accepted');
  });

  it('tokens of more keys than it remembers the headers of, again and again', async () => {
    const many = await Promise.all(Array.from({ length: 150 }, () => generateSigningKey('ES256')));
    for (const key of many) addVerifier(key);
    const tokens = many.map((key) => signAccessToken({ ...key, claims }));
    for (const token of [...tokens, ...tokens]) expect(verdict(token)).toBe('accepted');
  });
});

describe('verifyAccessToken refuses', () => {
  it('what has no signature or claims to have none', () => {
    const unsigned = jwt.sign(claims, null, {
      algorithm: 'none',
      header: { ...header(), alg: 'none' },
    } as unknown as jwt.SignOptions & { algorithm: 'none' });
    expect(verdict(unsigned)).toBe('malformed');
    expect(verdict(`${unsigned}AAAA`)).toBe('bad_signature');
    expect(verdict(signed(header({ alg: 'none' })))).toBe('bad_signature');
  });

  it('a MAC made with the public key', () => {
    const { kid } = keyFor('RS256');
    const pem = createPublicKey(keyFor('RS256').privateKey).export({ format: 'pem', type: 'spki' });
    const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid })}.${encode(claims)}`;
    expect(verdict(`${input}.${createHmac('sha256', pem).update(input).digest('base64url')}`)).toBe(
      'bad_signature',
    );
  });

  it('an algorithm that is not the one of its key, also where the signature would fit', () => {
    const { kid, privateKey } = keyFor('RS256');
    const pss = jwt.sign(claims, privateKey, {
      algorithm: 'PS256',
      header: { alg: 'PS256', typ: 'at+jwt', kid },
    });
    expect(verdict(pss)).toBe('bad_signature');
    expect(verdict(signed(header({ alg: 'RS256' })))).toBe('bad_signature');
    expect(verdict(signed(header({ kid })))).toBe('bad_signature');
  });

  it('a token that another key signed under a known kid', async () => {
    const stranger = await generateSigningKey('ES256');
    expect(verdict(signAccessToken({ ...stranger, kid: keyFor('ES256').kid, claims }))).toBe('bad_signature');
    expect(verdict(signAccessToken({ ...stranger, claims }))).toBe('unknown_kid');
  });

  it('a kid that it does not know, and a key whose time is over', async () => {
    expect(verdict(tokenOf(), { keyOf: () => undefined })).toBe('unknown_kid');
    const leaving = await generateSigningKey('ES256');
    const token = signAccessToken({ ...leaving, claims });
    addVerifier(leaving, new Date(now.getTime() + 1));
    expect(verdict(token)).toBe('accepted');
    addVerifier(leaving, now);
    expect(verdict(token)).toBe('unknown_kid');
  });

  it('a key that was revoked, which no newer set brings back', async () => {
    const revoked = await generateSigningKey('ES256');
    const token = signAccessToken({ ...revoked, claims });
    addVerifier(revoked, new Date(0));
    const held = verifiers.get(revoked.kid);
    if (held) verifiers.set(revoked.kid, { ...held, state: 'revoked' });
    expect(verdict(token)).toBe('revoked_key');
  });

  it.each(['JWT', 'at+JWT', 'application/at+jwt', 'dpop+jwt', undefined])('the type %s', (typ) => {
    expect(verdict(signed(header({ typ })))).toBe('wrong_type');
  });

  it.each(['jku', 'x5u', 'jwk', 'crit', 'x5c', 'b64', 'cty'])(
    'a header that brings %s, well signed as it is',
    (name) => {
      expect(verdict(signed(header()))).toBe('accepted');
      expect(verdict(signed(header({ [name]: 'https://evil.example' })))).toBe('malformed');
    },
  );

  it('a token that is expired, or not valid yet', () => {
    expect(verdict(tokenOf({ iat: nowSeconds - 660, exp: nowSeconds - 60 }))).toBe('expired');
    expect(verdict(tokenOf({ iat: nowSeconds + 61 }))).toBe('not_yet_valid');
    expect(verdict(tokenOf({ nbf: nowSeconds + 61 }))).toBe('not_yet_valid');
  });

  it('another issuer and another audience', () => {
    expect(verdict(tokenOf({ iss: 'https://issuer.example/' }))).toBe('wrong_issuer');
    expect(verdict(tokenOf({ aud: 'platform2' }))).toBe('wrong_audience');
    expect(verdict(tokenOf({ aud: ['a', 'b'] }))).toBe('wrong_audience');
  });

  it.each(['iss', 'aud', 'sub', 'client_id', 'iat', 'exp', 'jti', 'scope'] as const)(
    'a token without %s, or with another type in its place',
    (name) => {
      expect(verdict(signed(header(), { ...claims, [name]: undefined }))).toBe('malformed');
      expect(verdict(signed(header(), { ...claims, [name]: null }))).toBe('malformed');
      expect(verdict(signed(header(), { ...claims, [name]: { evil: true } }))).toBe('malformed');
    },
  );

  it('times that are text or fractions', () => {
    expect(verdict(signed(header(), { ...claims, exp: String(claims.exp) }))).toBe('malformed');
    expect(verdict(signed(header(), { ...claims, exp: claims.exp + 0.5 }))).toBe('malformed');
  });

  it.each([
    ...[{ aud: [] }, { aud: [''] }, { aud: ['platform', 7] }, { sub: '' }, { sid: '' }, { sid: 7 }],
    ...[{ nbf: '0' }, { nbf: -1 }, { iat: -1 }, { exp: 2 ** 60 }, { scope: ['platform:read'] }],
  ])('claims with %j', (change) => {
    expect(verdict(signed(header(), { ...claims, ...change }))).toBe('malformed');
  });

  it('claims that are no object', () => {
    for (const body of [[], [claims], 'text', 7, null] as unknown[] as object[])
      expect(verdict(signed(header(), body))).toBe('malformed');
  });

  it('any other spelling of a good token', () => {
    const token = tokenOf();
    const [head, body, signature] = token.split('.') as [string, string, string];
    const spellings = [
      `${token}=`,
      `${token}==`,
      `${token}.`,
      `.${token}`,
      ` ${token}`,
      `${token}\n`,
      `${head}..${signature}`,
      `${head}.${body}`,
      `${head}.${body}.`,
      `${head}=.${body}.${signature}`,
      `${head}.${body.slice(0, 9)}\n${body.slice(9)}.${signature}`,
      `${head}.${body}.${signature}.${signature}`,
      `${head}.${body}.${signature.slice(0, -1)}`,
      `${head}.${body}.${Buffer.from(signature, 'base64url').toString('base64')}`,
    ];
    for (const spelling of spellings) expect([spelling, verdict(spelling)]).toEqual([spelling, 'malformed']);
  });

  it('a last character that differs in unused bits only', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const token = tokenOf();
    // 64 bytes end in a character of which four bits are unused: fifteen others decode to the same signature.
    const last = alphabet.indexOf(token.slice(-1));
    const twins = [...alphabet].filter((_, index) => index >> 4 === last >> 4 && index !== last);
    expect(twins).toHaveLength(15);
    for (const twin of twins) {
      const respelled = token.slice(0, -1) + twin;
      expect(Buffer.from(respelled.split('.')[2] as string, 'base64url')).toEqual(
        Buffer.from(token.split('.')[2] as string, 'base64url'),
      );
      expect(verdict(respelled)).toBe('malformed');
    }
  });

  it('a token of more than 8 KiB before it decodes anything', () => {
    expect(verdict(tokenOf({ scope: 'x'.repeat(9000) }))).toBe('malformed');
  });

  it('a signature in DER, where JWS has two numbers side by side', () => {
    const input = `${encode(header())}.${encode(claims)}`;
    const der = sign('sha256', Buffer.from(input), keyFor('ES256').privateKey).toString('base64url');
    expect(verdict(`${input}.${der}`)).toBe('bad_signature');
  });
});

describe('whatever it is given, verifyAccessToken', () => {
  it.each(signingAlgorithms)('refuses every change of one character of a token for %s', (alg) => {
    const token = tokenOf({}, alg);
    const mutation = fc.record({
      at: fc.nat(token.length - 1),
      by: fc.oneof(
        fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ '),
        fc.string({ minLength: 0, maxLength: 2, unit: 'grapheme' }),
      ),
    });
    fc.assert(
      fc.property(mutation, ({ at, by }) => {
        const changed = token.slice(0, at) + by + token.slice(at + 1);
        return changed === token || verdict(changed) !== 'accepted';
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws', () => {
    const { publicKey }: { publicKey: KeyObject } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const anyKey = (kid: string): VerificationKey => ({
      kid,
      alg: 'ES256',
      key: publicKey,
      state: 'active',
      leavesAt: null,
    });
    const part = fc.oneof(
      fc.string(),
      fc.json().map((text) => Buffer.from(text).toString('base64url')),
      fc.record({ alg: fc.constant('ES256'), typ: fc.constant('at+jwt'), kid: fc.string() }).map(encode),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
        return verdict(parts.join('.'), { keyOf: anyKey }) !== 'accepted';
      }),
      { numRuns: 1_000 },
    );
  });
});
