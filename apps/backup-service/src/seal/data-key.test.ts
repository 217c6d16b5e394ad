import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { generateDataKey, openWithRecoveryKey, openWithRing, wrapDataKey } from './data-key';

const ring = (...ids: string[]) =>
  parseKeyRing(new Secret(ids.map((id) => `${id}:${Buffer.alloc(32, id).toString('base64')}`).join(',')));
const recovery = generateKeyPairSync('x25519');

describe('a data key', () => {
  const dataKey = generateDataKey();
  const keys = wrapDataKey(dataKey, 'one', { ring: ring('a'), recovery: recovery.publicKey });
  const opens = (result: ReturnType<typeof openWithRing>) => result.ok && result.dataKey.equals(dataKey);

  it('opens with the ring, also when another key has taken the place in front', () => {
    expect(opens(openWithRing(keys, 'one', ring('a')))).toBe(true);
    expect(opens(openWithRing(keys, 'one', ring('b', 'a')))).toBe(true);
  });

  it('opens with the private half of the recovery key alone, as it comes out of a file', () => {
    const pem = recovery.privateKey.export({ format: 'pem', type: 'pkcs8' });
    expect(opens(openWithRecoveryKey(keys, 'one', createPrivateKey(pem)))).toBe(true);
  });

  it('says which key is missing, and which does not fit', () => {
    expect(openWithRing(keys, 'one', ring('b'))).toMatchObject({
      reason: 'it is encrypted with the key a, which BACKUP_ENCRYPTION_KEYS does not have',
    });
    const impostor = parseKeyRing(new Secret(`a:${Buffer.alloc(32, 1).toString('base64')}`));
    expect(openWithRing(keys, 'one', impostor)).toMatchObject({
      reason: 'its data key does not open with the encryption key a',
    });
    const stranger = generateKeyPairSync('x25519').privateKey;
    expect(openWithRecoveryKey(keys, 'one', stranger)).toMatchObject({
      reason: expect.stringContaining('was not encrypted to the recovery key'),
    });
  });

  it('opens for no other backup', () => {
    expect(openWithRing(keys, 'two', ring('a'))).toMatchObject({ ok: false });
    expect(openWithRecoveryKey(keys, 'two', recovery.privateKey)).toMatchObject({ ok: false });
  });

  it('is wrapped otherwise each time, and is nowhere in clear', () => {
    const again = wrapDataKey(dataKey, 'one', { ring: ring('a'), recovery: recovery.publicKey });
    expect(again).not.toEqual(keys);
    expect(JSON.stringify(keys)).not.toContain(dataKey.export().toString('base64').slice(0, 20));
  });
});
