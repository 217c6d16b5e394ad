import { generateKeyPairSync } from 'node:crypto';
import { loadConfig } from '@swfx/config';
import { z } from 'zod';
import { arrangeImport, jwtKeys } from './imported-keys';

const schema = z.object({ JWT_KEYS: jwtKeys() });
const read = (value: unknown) => loadConfig(schema, { JWT_KEYS: JSON.stringify(value) }).JWT_KEYS;
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = ec.privateKey.export({ format: 'pem', type: 'pkcs8' });
const publicPem = ec.publicKey.export({ format: 'pem', type: 'spki' });

describe('JWT_KEYS', () => {
  it('may be PEM or JWK by kid, or a JWK Set, with or without private halves', () => {
    const jwk = rsa.privateKey.export({ format: 'jwk' });
    expect(read({ a: pem, b: jwk, c: publicPem })).toMatchObject([
      { kid: 'a', alg: 'ES256', jwk: { kid: 'a', kty: 'EC', use: 'sig' }, privateKey: expect.anything() },
      { kid: 'b', alg: 'RS256', jwk: { kid: 'b', kty: 'RSA' }, privateKey: expect.anything() },
      { kid: 'c', alg: 'ES256', privateKey: undefined },
    ]);
    expect(read({ keys: [{ ...jwk, kid: 'b' }] })).toMatchObject([{ kid: 'b', alg: 'RS256' }]);
  });

  it('publishes no private member', () => {
    const [key] = read({ a: rsa.privateKey.export({ format: 'jwk' }) });
    expect(Object.keys(key?.jwk ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use']);
  });

  it('is refused without a word of what it holds', () => {
    const small = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(() => read({ a: small })).toThrow(
      'has under a a key that is neither P-256 nor RSA of at least 2048 bits',
    );
    expect(() => read({ a: 'hunter2' })).toThrow(/JWT_KEYS has under a neither a PEM nor a JWK/);
    expect(() => read({ a: 'hunter2' })).not.toThrow(/hunter2/);
    expect(() => read(['x'])).toThrow('must be a JSON object of kid to PEM or JWK, or a JWK Set');
  });

  it('is refused with keys whose tokens could not be verified', () => {
    const jwk = ec.privateKey.export({ format: 'jwk' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    expect(() => read({ a: { ...jwk, d: other.d } })).toThrow(
      'has under a a private half and a public half that do not belong together',
    );
    expect(() => read({ a: { ...jwk, alg: 'ES384' } })).toThrow('has under a a key for ES384, where ES256');
    expect(() => read({ a: { ...jwk, use: 'enc' } })).toThrow('has under a a key for enc');
    const twice = {
      keys: [
        { ...jwk, kid: 'a' },
        { ...other, kid: 'a' },
        { ...other, kid: 'b' },
      ],
    };
    expect(() => read(twice)).toThrow('JWT_KEYS has more than one key under a');
    expect(read({ a: { ...jwk, alg: 'ES256', use: 'sig' } })).toHaveLength(1);
  });

  it('needs to be told which of the keys signs, and its private half', () => {
    const keys = read({ a: pem, c: publicPem });
    expect(arrangeImport(keys, 'a')).toMatchObject({ active: { kid: 'a' }, others: [{ kid: 'c' }] });
    expect(arrangeImport(keys, 'c')).toBe('names c, of which JWT_KEYS has only the public half');
    expect(arrangeImport(keys, undefined)).toBe('must be the kid of one of JWT_KEYS: the key that signs');
    expect(arrangeImport(undefined, 'a')).toBe('names a key, but JWT_KEYS gives none');
    expect(arrangeImport(undefined, undefined)).toBeUndefined();
  });
});
