import { decideRotation, type RotationDecision } from './decide-rotation';
import type { RotationPolicy } from './rotation-policy';
import type { KeySet, KeyState, PublicKey, Verifier } from '@swfx/signing-keys';

const policy: RotationPolicy = { graceSeconds: 900, minimumPublishedSeconds: 132, verifierWaitSeconds: 60 };
const now = new Date('2026-01-01T12:00:00Z');
const secondsAgo = (seconds: number) => new Date(now.getTime() - seconds * 1000);

function key(kid: string, state: KeyState, changes: Partial<PublicKey> = {}): PublicKey {
  return {
    kid,
    alg: 'ES256',
    state,
    jwk: {},
    probe: null,
    publishedAt: secondsAgo(300),
    activatedAt: null,
    retiringSince: null,
    retiredAt: null,
    revokedAt: null,
    leavesAt: null,
    ...changes,
  };
}

function decide(
  keys: PublicKey[],
  { epoch = 7, ...rest }: { epoch?: number; verifiers?: Verifier[]; force?: boolean } = {},
): RotationDecision {
  const keySet: KeySet = { epoch, keys, readAt: now };
  return decideRotation({ keySet, policy, now, verifiers: [], ...rest });
}

const verifier = (instance: string, kids: string[], live = true): Verifier => {
  return { boot: instance, instance, epoch: 7, kids, live };
};

describe('decideRotation', () => {
  it('makes the first key and its standby in one step where there has never been a key', () => {
    expect(decide([], { epoch: 0 })).toMatchObject({ kind: 'first-start' });
  });

  it('promotes the standby, keeps its predecessor for the grace, and publishes the next standby', () => {
    expect(decide([key('a', 'active'), key('b', 'pending')])).toEqual({
      kind: 'promote',
      promote: 'b',
      demote: 'a',
      leavesAt: new Date('2026-01-01T12:15:00Z'),
      publishStandby: true,
      retire: [],
      reason: 'b signs now; a verifies for 900 s more',
    });
  });

  it('promotes at the very second at which the standby has been published long enough, and not before', () => {
    const standby = (age: number) => key('b', 'pending', { publishedAt: secondsAgo(age) });
    expect(decide([key('a', 'active'), standby(132)]).kind).toBe('promote');
    expect(decide([key('a', 'active'), standby(131)])).toEqual({
      kind: 'not-due',
      retryAt: new Date('2026-01-01T12:00:01Z'),
      reason: 'the standby was published 131 s ago and may sign at 2026-01-01T12:00:01.000Z',
    });
  });

  it('waits when the clock says that the standby was published in the future', () => {
    const standby = key('b', 'pending', { publishedAt: secondsAgo(-30) });
    const decision = decide([key('a', 'active'), standby]);
    expect(decision.kind).toBe('not-due');
    expect(decision.reason).toContain('0 s ago');
  });

  it('promotes the oldest of several standbys, and publishes no other while one is left', () => {
    const older = key('b', 'pending', { publishedAt: secondsAgo(600) });
    expect(decide([key('a', 'active'), key('c', 'pending'), older])).toMatchObject({
      promote: 'b',
      publishStandby: false,
    });
  });

  it('publishes a standby where there is none, rather than promote nothing', () => {
    expect(decide([key('a', 'active')])).toMatchObject({ kind: 'publish-standby', retire: [] });
  });

  it('retires keys whose time is over along with a promotion, and by themselves too', () => {
    const over = key('x', 'retiring', { leavesAt: now });
    const staying = key('y', 'retiring', { leavesAt: secondsAgo(-1) });
    const young = key('b', 'pending', { publishedAt: secondsAgo(1) });
    expect(decide([key('a', 'active'), key('b', 'pending'), over, staying])).toMatchObject({
      kind: 'promote',
      retire: ['x'],
    });
    expect(decide([key('a', 'active'), young, over, staying])).toMatchObject({
      kind: 'retire-only',
      retire: ['x'],
    });
    expect(decide([key('a', 'active'), over])).toMatchObject({ kind: 'publish-standby', retire: ['x'] });
  });

  it('refuses a set that has lost its active key, and never starts it anew', () => {
    for (const keys of [[], [key('b', 'pending')], [key('r', 'revoked'), key('x', 'retiring')]])
      expect(decide(keys)).toEqual({
        kind: 'refuse-empty-set',
        reason: 'the key set is at epoch 7 and has no active key',
      });
    expect(decide([key('b', 'pending')], { epoch: 0 }).kind).toBe('refuse-empty-set');
  });

  describe('with verifiers', () => {
    const keys = [key('a', 'active'), key('b', 'pending')];

    it('promotes what every live verifier has proved', () => {
      const verifiers = [verifier('one', ['a', 'b']), verifier('two', ['b', 'a'])];
      expect(decide(keys, { verifiers })).toMatchObject({ kind: 'promote', promote: 'b' });
    });

    it('never passes a live laggard, and names it', () => {
      const verifiers = [verifier('one', ['a', 'b']), verifier('two', ['a'])];
      expect(decide(keys, { verifiers })).toEqual({
        kind: 'await-verifiers',
        laggards: ['two'],
        reason: 'two has not acknowledged b yet',
      });
    });

    it('passes one that has fallen silent while others are there', () => {
      const verifiers = [verifier('one', ['a', 'b']), verifier('two', ['a'], false)];
      expect(decide(keys, { verifiers })).toMatchObject({ kind: 'promote' });
    });

    it('does not take it for consent that all of them have fallen silent', () => {
      const verifiers = [verifier('one', ['a', 'b'], false), verifier('two', ['a'], false)];
      expect(decide(keys, { verifiers })).toMatchObject({
        kind: 'await-verifiers',
        laggards: ['one', 'two'],
      });
    });

    it('waits for nobody, and not for the standby’s age, where somebody insists', () => {
      const young = [key('a', 'active'), key('b', 'pending', { publishedAt: secondsAgo(1) })];
      const verifiers = [verifier('two', ['a'])];
      expect(decide(young, { verifiers, force: true })).toMatchObject({ kind: 'promote', promote: 'b' });
    });
  });
});
