import fc from 'fast-check';
import { decideRefresh, type RefreshFacts } from './decide-refresh';

const now = new Date('2026-01-01T00:00:00Z');
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);
const good: RefreshFacts = {
  now,
  expiresAt: after(60),
  usedAt: null,
  successorUsed: false,
  familyEndedAt: null,
  familyExpiresAt: after(600),
  userDisabled: false,
};
const decide = (changes: Partial<RefreshFacts>) => decideRefresh({ ...good, ...changes }, 45);

test.each<[string, Partial<RefreshFacts>, object]>([
  ['exchanges a token that is used for the first time', {}, { outcome: 'rotate' }],
  ['tells the successor again within the grace', { usedAt: after(-45) }, { outcome: 'repeat' }],
  [
    'takes a use after the grace for a theft',
    { usedAt: after(-46) },
    { outcome: 'refused', reason: 'reused' },
  ],
  [
    'takes a use for a theft as soon as the successor was used, also within the grace',
    { usedAt: after(-1), successorUsed: true },
    { outcome: 'refused', reason: 'reused' },
  ],
  [
    'sees the theft of a token that has expired since it was used',
    { usedAt: after(-100), expiresAt: after(-1) },
    { outcome: 'refused', reason: 'reused' },
  ],
  ['refuses a token that has expired', { expiresAt: now }, { outcome: 'refused', reason: 'expired' }],
  ['refuses a session beyond its end', { familyExpiresAt: now }, { outcome: 'refused', reason: 'expired' }],
  ['refuses a session that was ended', { familyEndedAt: after(-1) }, { outcome: 'refused', reason: 'ended' }],
  ['refuses a disabled user', { userDisabled: true }, { outcome: 'refused', reason: 'disabled' }],
  [
    'refuses a disabled user within the grace too',
    { userDisabled: true, usedAt: after(-1) },
    { outcome: 'refused', reason: 'disabled' },
  ],
])('%s', (_sentence, changes, decision) => {
  expect(decide(changes)).toEqual(decision);
});

test('refuses a token that nobody issued', () => {
  expect(decideRefresh(undefined, 45)).toEqual({ outcome: 'refused', reason: 'unknown' });
});

test('never exchanges for a session that is over or a user who is disabled, and never rotates a used token', () => {
  const instant = fc.integer({ min: -1_000, max: 1_000 }).map(after);
  const facts = fc.record({
    now: fc.constant(now),
    expiresAt: instant,
    usedAt: fc.option(instant.map((at) => (at > now ? now : at))),
    successorUsed: fc.boolean(),
    familyEndedAt: fc.option(instant),
    familyExpiresAt: instant,
    userDisabled: fc.boolean(),
  });
  fc.assert(
    fc.property(facts, fc.integer({ min: 0, max: 60 }), (each, graceSeconds) => {
      const { outcome } = decideRefresh(each, graceSeconds);
      if (outcome === 'refused') return;
      expect(each.familyEndedAt).toBeNull();
      expect(each.familyExpiresAt > now).toBe(true);
      expect(each.userDisabled).toBe(false);
      expect(outcome).toBe(each.usedAt ? 'repeat' : 'rotate');
      if (outcome === 'repeat') expect(each.successorUsed).toBe(false);
    }),
  );
});
