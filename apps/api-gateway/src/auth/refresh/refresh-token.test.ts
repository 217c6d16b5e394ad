import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import {
  createRefreshToken,
  createSuccessorSalt,
  deriveSuccessor,
  hashRefreshToken,
  isRefreshToken,
} from './refresh-token';

const ring = () => parseKeyRing(new Secret(`k:${randomBytes(32).toString('base64')}`)).sealing;

test('no two tokens are the same, and each is known by its form', () => {
  const tokens = Array.from({ length: 100 }, createRefreshToken);
  expect(new Set(tokens).size).toBe(100);
  expect(tokens.every(isRefreshToken)).toBe(true);
  expect(
    ['', 'swfx_rt_', `${tokens[0]}A`, `x${tokens[0]}`, 'swfx_rt_' + '='.repeat(43)].some(isRefreshToken),
  ).toBe(false);
});

test('a successor is the same again for the same key, salt and token, and for nothing else', () => {
  const [kek, salt, token] = [ring(), createSuccessorSalt(), createRefreshToken()];
  const successor = deriveSuccessor(kek, salt, token);
  expect(isRefreshToken(successor)).toBe(true);
  expect(deriveSuccessor(kek, salt, token)).toBe(successor);
  expect(deriveSuccessor(ring(), salt, token)).not.toBe(successor);
  expect(deriveSuccessor(kek, createSuccessorSalt(), token)).not.toBe(successor);
  expect(deriveSuccessor(kek, salt, createRefreshToken())).not.toBe(successor);
});

test('a hash has 32 bytes and nothing of its token', () => {
  const token = createRefreshToken();
  const hash = hashRefreshToken(token);
  expect(hash).toHaveLength(32);
  expect(hash.toString('base64url')).not.toBe(token.slice(-43));
});
