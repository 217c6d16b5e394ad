import type { KeyState, PublicKey } from '@swfx/signing-keys';
import { decideAdoption } from './decide-adoption';

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000);

function key(kid: string, state: KeyState, publishedAt = at(0)): PublicKey {
  const none = { activatedAt: null, retiringSince: null, retiredAt: null, revokedAt: null, leavesAt: null };
  return { kid, state, alg: 'ES256', jwk: {}, probe: null, publishedAt, ...none };
}

const keys = [
  key('old', 'retiring'),
  key('signs', 'active'),
  key('next', 'pending'),
  key('later', 'pending', at(5)),
  key('over', 'revoked'),
];
const all = ['old', 'signs', 'next', 'later'];
function decide(changes: Partial<Parameters<typeof decideAdoption>[0]> & { lost?: string[] } = {}) {
  const { lost = [], ...facts } = changes;
  const ours = new Set(all.filter((kid) => !lost.includes(kid)));
  const keySet = { epoch: 7, keys, readAt: at(9) };
  return decideAdoption({ keySet, forgery: 'unsigned', seenEpoch: 7, ours, ...facts });
}

it('keeps every key that is ours as it is, at an epoch that no verifier has seen', () => {
  expect(decide()).toEqual({
    kind: 'adopt',
    revoke: [],
    promote: null,
    publish: [],
    epoch: 8,
    reason: 'the set of epoch 7, which was unsigned, is adopted with 4 keys',
  });
  expect(decide({ forgery: undefined, seenEpoch: 12 })).toMatchObject({
    epoch: 13,
    reason: 'the set of epoch 7, which was older than 12, which verifiers have, is adopted with 4 keys',
  });
});

it('revokes what cannot show that it is ours', () => {
  expect(decide({ lost: ['old'] })).toMatchObject({
    revoke: ['old'],
    promote: null,
    publish: [],
    reason: expect.stringContaining('revoked, since no private half of ours opens: old') as string,
  });
});

it('lets the oldest standby sign where the key that signed is not ours, and makes what is missing then', () => {
  expect(decide({ lost: ['signs'] })).toMatchObject({ revoke: ['signs'], promote: 'next', publish: [] });
  expect(decide({ lost: ['signs', 'later'] })).toMatchObject({ promote: 'next', publish: ['pending'] });
  expect(decide({ lost: ['next', 'later'] })).toMatchObject({ promote: null, publish: ['pending'] });
  expect(decide({ lost: all })).toMatchObject({
    revoke: all,
    promote: null,
    publish: ['active', 'pending'],
  });
});

it('leaves a genuine set alone of which nobody has seen a newer one, and rows that hold no key', () => {
  expect(decide({ forgery: undefined })).toMatchObject({ kind: 'nothing-to-do' });
  expect(decide({ keySet: { epoch: 7, keys: [], readAt: at(9) } })).toMatchObject({ kind: 'nothing-to-do' });
});
