import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { announceKeySet, readAnnouncedKeySet } from './announced-key-set';
import { generateSigningKey } from './generate-signing-key';
import { keyStates, type StoredKeySet } from './key-set';
import { keySetSigner, trustInRing } from './key-set-trust';
import { findForgery, signKeySet } from './sign-key-set';

const ring = parseKeyRing(new Secret(`test:${randomBytes(32).toString('base64')}`));
const at = new Date('2026-01-01T00:00:00.123Z');

async function signedSet(): Promise<StoredKeySet> {
  const times = { publishedAt: at, activatedAt: at, retiringSince: null, retiredAt: null, revokedAt: null };
  const keys = await Promise.all(
    keyStates.map(async (state) => {
      const { kid, alg, jwk } = await generateSigningKey('ES256');
      return { kid, alg, jwk, state, probe: 'a.b.c', leavesAt: state === 'retiring' ? at : null, ...times };
    }),
  );
  return { epoch: 7, readAt: at, keys, signature: signKeySet({ epoch: 7, keys }, keySetSigner(ring)) };
}
const overTheWire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

it('arrives as it was signed, at the time of whoever hears it', async () => {
  const set = await signedSet();
  const heardAt = new Date('2026-02-02T00:00:00Z');
  const heard = readAnnouncedKeySet(overTheWire(announceKeySet(set)), heardAt) as StoredKeySet;
  expect(heard).toEqual({ ...set, readAt: heardAt });
  expect(findForgery(heard, trustInRing(ring))).toBeUndefined();
});

it('is found out when anything that matters was changed on its way', async () => {
  const announced = announceKeySet(await signedSet());
  const [first, second] = announced?.keys ?? [];
  const changes = [
    { epoch: 8 },
    { keys: announced?.keys.slice(1) },
    { keys: announced?.keys.map((key) => ({ ...key, state: 'active' })) },
    { keys: announced?.keys.map((key) => ({ ...key, leavesAt: '2027-01-01T00:00:00Z' })) },
    { keys: announced?.keys.map((key) => (key === first ? { ...key, jwk: second?.jwk } : key)) },
  ];
  for (const change of changes) {
    const heard = readAnnouncedKeySet(overTheWire({ ...announced, ...change }), at) as StoredKeySet;
    expect(findForgery(heard, trustInRing(ring))).toBe('bad_signature');
  }
});

it('is nothing when it is something else, and is not made of a set that nobody signed', async () => {
  const set = await signedSet();
  for (const other of [undefined, null, 7, {}, { ...announceKeySet(set), keys: [{ kid: 'k' }] }])
    expect(readAnnouncedKeySet(other, at)).toBeUndefined();
  expect(announceKeySet({ ...set, signature: null })).toBeUndefined();
});
