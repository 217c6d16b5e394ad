import type { KeySet, KeyState, PublicKey } from '@swfx/signing-keys';
import { adoptKeySet } from './adopt-key-set';

const at = (seconds: number) => new Date(Date.UTC(2025, 5, 22) + seconds * 1000);
const tokenLifeSeconds = 720;

function key(kid: string, state: KeyState, leavesAt: Date | null = null): PublicKey {
  const times = {
    probe: null,
    publishedAt: at(0),
    activatedAt: at(0),
    retiringSince: null,
    retiredAt: null,
    revokedAt: null,
  };
  return { kid, alg: 'ES256', state, jwk: {}, ...times, leavesAt };
}
const set = (epoch: number, readAt: Date, ...keys: PublicKey[]): KeySet => ({ epoch, readAt, keys });

function kids(held: KeySet | undefined, read: KeySet): string[] {
  const adoption = adoptKeySet(held, read, tokenLifeSeconds);
  if (adoption.outcome === 'refused') throw new Error(adoption.reason);
  return adoption.keySet.keys.map(({ kid, state }) => `${kid} ${state}`);
}

test('takes the first set, and each newer one', () => {
  expect(kids(undefined, set(1, at(0), key('a', 'active')))).toEqual(['a active']);
  const newer = set(2, at(1), key('a', 'retiring', at(900)), key('b', 'active'));
  expect(kids(set(1, at(0), key('a', 'active')), newer)).toEqual(['a retiring', 'b active']);
});

test('an epoch never goes back', () => {
  const adoption = adoptKeySet(set(2, at(0), key('b', 'active')), set(1, at(5), key('a', 'active')), 720);
  expect(adoption).toEqual({ outcome: 'refused', reason: 'older_epoch' });
});

test('believes no set without a signer', () => {
  expect(adoptKeySet(undefined, set(0, at(0)), 720)).toEqual({ outcome: 'refused', reason: 'none_yet' });
  expect(adoptKeySet(undefined, set(3, at(0)), 720)).toEqual({ outcome: 'refused', reason: 'empty' });
});

test('a key that is absent stays until its time has come', () => {
  const held = set(2, at(0), key('a', 'retiring', at(900)), key('b', 'active'));
  expect(kids(held, set(3, at(899), key('b', 'active')))).toEqual(['b active', 'a retiring']);
  expect(kids(held, set(3, at(900), key('b', 'active')))).toEqual(['b active']);
});

test('a key that vanished while it signed verifies until its last token has expired', () => {
  const first = adoptKeySet(set(1, at(0), key('a', 'active')), set(2, at(10), key('b', 'active')), 720);
  if (first.outcome === 'refused') throw new Error(first.reason);
  expect(first.keySet.keys[1]).toMatchObject({ kid: 'a', state: 'retiring', leavesAt: at(730) });
  expect(kids(first.keySet, set(2, at(729), key('b', 'active')))).toEqual(['b active', 'a retiring']);
  expect(kids(first.keySet, set(2, at(730), key('b', 'active')))).toEqual(['b active']);
});

test('a tombstone ends a key at once, and stays ended when the tombstone is gone', () => {
  const held = set(1, at(0), key('a', 'active'), key('b', 'pending'));
  const revoked = set(2, at(1), key('a', 'revoked'), key('b', 'active'));
  expect(kids(held, revoked)).toEqual(['a revoked', 'b active']);
  expect(kids(revoked, set(3, at(2), key('b', 'active')))).toEqual(['b active']);
});

test('a key that was revoked does not come back, whatever a Postgres says that has lost it', () => {
  const held = set(2, at(1), key('a', 'revoked'), key('b', 'active'));
  expect(kids(held, set(2, at(2), key('a', 'active'), key('b', 'pending')))).toEqual([
    'a revoked',
    'b pending',
  ]);
  expect(kids(held, set(3, at(3), key('a', 'retiring', at(900)), key('b', 'active')))).toEqual([
    'a revoked',
    'b active',
  ]);
});
