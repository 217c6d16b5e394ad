import { completeSecrets } from './secrets';

const random = (bytes: number): string => `random${bytes}`;

describe('completeSecrets', () => {
  it('makes up what is not there and keeps what is', () => {
    const first = completeSecrets({}, ['gateway'], random);
    const again = completeSecrets(first, ['gateway', 'backup'], () => 'new');
    expect(again).toEqual({ ...first, rolePasswords: { gateway: 'random18', backup: 'new' } });
  });

  it('names the key that seals', () => {
    expect(completeSecrets({}, [], random).keyEncryptionKeys).toBe('local:random32');
  });
});
