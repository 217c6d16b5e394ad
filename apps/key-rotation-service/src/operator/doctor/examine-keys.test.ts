import { randomBytes } from 'node:crypto';
import { parseKeyRing, Secret } from '@swfx/config';
import { keySetSigner, signKeySet, type KeyState, type PublicKey } from '@swfx/signing-keys';
import { examineKeys, type KeyFacts } from './examine-keys';

const now = new Date('2026-01-01T12:00:00Z');
const ago = (seconds: number) => new Date(now.getTime() - seconds * 1000);

function key(kid: string, state: KeyState, changes: Partial<PublicKey> = {}): PublicKey {
  const times = { publishedAt: ago(600), activatedAt: state === 'pending' ? null : ago(100) };
  const none = { retiringSince: null, retiredAt: null, revokedAt: null, leavesAt: null, probe: null };
  return { kid, state, alg: 'ES256', jwk: {}, ...times, ...none, ...changes };
}

const verifier = {
  boot: '1',
  instance: 'gateway-1',
  epoch: 3,
  kids: [],
  live: true,
  tokenTtlSeconds: 600,
  clockSkewSeconds: 60,
};
const signing = keySetSigner(parseKeyRing(new Secret(`a:${randomBytes(32).toString('base64')}`)));
const signer = signing.name;
const signed = (keys: PublicKey[]) => ({
  ...{ epoch: 3, readAt: now, keys },
  signature: signKeySet({ epoch: 3, keys }, signing),
});
const healthy: KeyFacts = {
  now,
  schedule: { cron: '*/5 * * * *', nextRunAt: ago(-30) },
  intervalSeconds: 300,
  rotators: 2,
  lock: { kind: 'free' },
  keySet: signed([key('k1', 'active'), key('k2', 'pending')]),
  policy: { graceSeconds: 900, tokenTtlSeconds: 600, clockSkewSeconds: 60, kekIds: ['a'], signers: [signer] },
  kekIds: ['a'],
  verifiers: [verifier],
  waiting: undefined,
};
const finding = (check: string, changes: Partial<KeyFacts>) => {
  const found = examineKeys({ ...healthy, ...changes }).find((one) => one.check === check);
  return `${found?.state}: ${found?.detail}`;
};
const { keySet, policy } = healthy;

describe('the doctor', () => {
  it('has nothing to say of what is well', () => {
    expect(examineKeys(healthy).filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it.each<[check: string, changes: Partial<KeyFacts>, says: RegExp]>([
    ['schedule', { schedule: undefined }, /^fail: there is none/],
    [
      'schedule',
      { schedule: { cron: '* * * * *', nextRunAt: ago(90) } },
      /^fail: the tick of .* is 90 s late/,
    ],
    ['rotators', { rotators: 0 }, /^fail: no key-rotation-service is alive/],
    ['lock', { lock: { kind: 'held', ttlSeconds: 12 } }, /^ok: held, free in 12 s/],
    ['lock', { lock: { kind: 'unknown', reason: 'Redis cannot be asked' } }, /^warn: .*go on without it/],
    ['key set', { keySet: { ...keySet, epoch: 0, keys: [] } }, /^warn: there has never been a key/],
    ['key set', { keySet: { ...keySet, keys: [] } }, /^fail: epoch 3 has no active key/],
    ['key set', { keySet: { ...keySet, signature: null } }, /^fail: epoch 3 is not signed.*swfx keys adopt/],
    ['key set', { keySet: { ...keySet, epoch: 4 } }, /^fail: epoch 4 is not what a:.* signed/],
    [
      'key set',
      { keySet: { ...keySet, signature: { signer: 'b:x', value: Buffer.of() } } },
      /^fail: .*does not trust/,
    ],
    ['key set', { keySet: signed([key('k1', 'active')]) }, /^warn: there is no standby/],
    [
      'key set',
      { keySet: signed([key('k1', 'active', { activatedAt: ago(1_000) })]) },
      /^fail: k1 has signed for 1000 s/,
    ],
    ['key configuration', { kekIds: ['a', 'b'] }, /^fail: .*sealed with b, which the ring has not/],
    [
      'key configuration',
      { policy: policy && { ...policy, kekIds: ['c', 'a'] } },
      /^warn: .*swfx keys rewrap/,
    ],
    [
      'grace against TTL',
      { policy: policy && { ...policy, graceSeconds: 700 } },
      /^fail: 700 s, .* the rotator need 730/,
    ],
    [
      'grace against TTL',
      { verifiers: [{ ...verifier, tokenTtlSeconds: 3_600 }] },
      /^fail: 900 s, but the settings of gateway-1 need 3730 s/,
    ],
    ['verifiers', { verifiers: [] }, /^warn: none has acknowledged/],
    ['verifiers', { verifiers: [{ ...verifier, live: false }] }, /^fail: all 1 have fallen silent/],
    ['verifiers', { verifiers: [{ ...verifier, epoch: 2 }] }, /^warn: behind epoch 3: gateway-1/],
    [
      'verifiers',
      { verifiers: [{ ...verifier, epoch: 9 }] },
      /^fail: gateway-1 hold a newer set .*swfx keys adopt/,
    ],
    ['verifiers', { waiting: 'gateway-1 has not acknowledged k2 yet' }, /^fail: a rotation waits: gateway-1/],
  ])('%s: %j', (check, changes, says) => {
    expect(finding(check, changes)).toMatch(says);
  });
});
