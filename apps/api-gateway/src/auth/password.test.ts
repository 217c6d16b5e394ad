import { parseOptions } from '@node-rs/argon2';
import { hashPassword, nobodysHash, verifyPassword } from './password';

test('keeps a password as argon2id with 19 MiB, two passes and one lane', async () => {
  expect(await hashPassword('correct horse')).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
});

test('accepts the password that was hashed and no other', async () => {
  const stored = await hashPassword('correct horse');
  expect(await verifyPassword(stored, 'correct horse')).toBe(true);
  expect(await verifyPassword(stored, 'Correct horse')).toBe(false);
});

test('never gives two users with one password the same hash', async () => {
  expect(await hashPassword('same')).not.toBe(await hashPassword('same'));
});

test('refuses every password of an account that does not exist', async () => {
  expect(await verifyPassword(undefined, '')).toBe(false);
  expect(await verifyPassword(undefined, 'anything')).toBe(false);
});

test('spends on an unknown account what it spends on a known one', async () => {
  expect(parseOptions(nobodysHash)).toEqual(parseOptions(await hashPassword('anything')));
});
