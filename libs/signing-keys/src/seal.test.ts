import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { AppError } from '@swfx/errors';
import { openPrivateKey, sealPrivateKey, type SealContext } from './seal';

const newKey = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const oldKey = newKey('old');
const oldRing = parseKeyRing(new Secret(oldKey));
const ring = parseKeyRing(new Secret(`${newKey('new')},${oldKey}`));
const context: SealContext = { kid: 'kid-1', alg: 'ES256', purpose: 'access-token' };
const pkcs8 = randomBytes(138);

function codeOf(open: () => Buffer): string {
  try {
    open();
    return 'opened';
  } catch (error) {
    return error instanceof AppError ? error.code : 'another error';
  }
}

describe('a sealed private key', () => {
  it('opens to the same bytes, also when its key is not the first of the ring any more', () => {
    const sealed = sealPrivateKey(oldRing, context, pkcs8);
    expect(sealed.kekId).toBe('old');
    expect(openPrivateKey(ring, context, sealed)).toEqual(pkcs8);
    expect(sealPrivateKey(ring, context, pkcs8).kekId).toBe('new');
  });

  it('never looks the same twice', () => {
    const [one, two] = [sealPrivateKey(ring, context, pkcs8), sealPrivateKey(ring, context, pkcs8)];
    expect(one.sealed.equals(two.sealed)).toBe(false);
    expect(one.sealed.includes(pkcs8)).toBe(false);
  });

  it('does not open under another kid, algorithm or purpose', () => {
    const sealed = sealPrivateKey(ring, context, pkcs8);
    for (const other of [{ kid: 'kid-2' }, { alg: 'RS256' as const }, { purpose: 'audit' }])
      expect(codeOf(() => openPrivateKey(ring, { ...context, ...other }, sealed))).toBe('sealed_key_corrupt');
  });

  it('does not open when any byte of it has changed, or when it was cut short', () => {
    const { kekId, sealed } = sealPrivateKey(ring, context, pkcs8);
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(codeOf(() => openPrivateKey(ring, context, { kekId, sealed: changed }))).toBe(
        'sealed_key_corrupt',
      );
      expect(codeOf(() => openPrivateKey(ring, context, { kekId, sealed: sealed.subarray(0, index) }))).toBe(
        'sealed_key_corrupt',
      );
    }
  });

  it('says which key is missing when the ring has it not', () => {
    const sealed = sealPrivateKey(ring, context, pkcs8);
    expect(codeOf(() => openPrivateKey(oldRing, context, sealed))).toBe('key_encryption_key_missing');
    expect(() => openPrivateKey(oldRing, context, sealed)).toThrow('sealed with the key encryption key new');
  });
});
