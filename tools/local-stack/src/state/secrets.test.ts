import { completeSecrets } from './secrets';

const random = (bytes: number): string => `random${bytes}`;

describe('completeSecrets', () => {
  it('makes up what is not there and keeps what is', () => {
    const first = completeSecrets({}, ['gateway'], random);
    const again = completeSecrets(first, ['gateway', 'backup'], () => 'new');
    expect(again).toEqual({ ...first, rolePasswords: { gateway: 'random18', backup: 'new' } });
  });

  it('writes the key that seals as base64 of 32 bytes behind its name', () => {
    const { keyEncryptionKeys } = completeSecrets({}, [], (bytes) =>
      Buffer.alloc(bytes, 0xfb).toString('base64url'),
    );
    expect(keyEncryptionKeys).toBe(`local:${Buffer.alloc(32, 0xfb).toString('base64')}`);
  });
});
