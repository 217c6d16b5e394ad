import { createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import { generateSigningKey } from './generate-signing-key';
import { signingAlgorithms } from './key-set';
import { thumbprint } from './thumbprint';

describe('generateSigningKey', () => {
  it.each(signingAlgorithms)('names a key for %s by the thumbprint that jose computes', async (alg) => {
    const { kid, jwk } = await generateSigningKey(alg);
    expect(kid).toBe(await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]));
    expect(jwk).toMatchObject({ kid, alg, use: 'sig' });
  });

  it('publishes nothing but the public half', async () => {
    const { jwk, privateKey } = await generateSigningKey('ES256');
    expect(Object.keys(jwk).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(createPublicKey(privateKey).equals(createPublicKey({ key: jwk, format: 'jwk' }))).toBe(true);
  });
});

describe('thumbprint', () => {
  it('agrees with the example of RFC 7638 §3.1', () => {
    const n =
      '0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw';
    expect(thumbprint({ kty: 'RSA', n, e: 'AQAB', alg: 'RS256', kid: '2011-04-29' })).toBe(
      'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs',
    );
  });

  it('never gives a kid that a command line would take for an option', async () => {
    const keys = await Promise.all(Array.from({ length: 300 }, () => generateSigningKey('ES256')));
    expect(keys.filter(({ kid }) => kid.startsWith('-'))).toEqual([]);
  });
});
