import { inspect } from 'node:util';
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { keyRing, parseKeyRing } from './key-ring';
import { loadConfig } from './load-config';
import { Secret } from './secret';

const first = randomBytes(32).toString('base64');
const second = randomBytes(32).toString('base64');

describe('parseKeyRing', () => {
  it('seals with the first key and finds all of them', () => {
    const ring = parseKeyRing(new Secret(`2026-b:${second}, 2026-a:${first}`));
    expect(ring.sealing.id).toBe('2026-b');
    expect(ring.ids).toEqual(['2026-b', '2026-a']);
    expect(ring.find('2026-a')?.key.export().toString('base64')).toBe(first);
    expect(ring.find('2025')).toBeUndefined();
  });

  it('names every problem at once, and prints no key', () => {
    const text = `a:${first},a:${second},b:${first.slice(0, 20)},no-colon,!:${first},c:${first}$`;
    const parse = () => parseKeyRing(new Secret(text));
    for (const problem of [
      'names the id a more than once',
      'a key of 15 bytes, where 32 are needed, in entry 3',
      'no colon between id and key in entry 4',
      'an id that is not',
      'a key that is not base64 in entry 6',
    ])
      expect(parse).toThrow(problem);
    for (const key of [first, second, first.slice(0, 20)]) expect(parse).not.toThrow(key);
  });

  it('is a configuration field whose value prints no key', () => {
    const config = loadConfig(z.object({ KEY_ENCRYPTION_KEYS: keyRing() }), {
      KEY_ENCRYPTION_KEYS: `a:${first}`,
    });
    const hex = Buffer.from(first, 'base64').toString('hex');
    const printed = JSON.stringify(config) + inspect(config, { depth: 9, showHidden: true });
    expect(printed).not.toContain(first);
    expect(printed).not.toContain(hex);
    expect(() => loadConfig(z.object({ KEY_ENCRYPTION_KEYS: keyRing() }), {})).toThrow(
      'KEY_ENCRYPTION_KEYS is required',
    );
  });
});
