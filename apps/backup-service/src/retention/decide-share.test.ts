import { decideShare } from './decide-share';
import type { RetentionDecision } from './plan-retention';

const takenAt = new Date(0);
const kept = (id: string): RetentionDecision => ({ id, takenAt, keep: true, reason: 'within_window' });
const gone = (id: string): RetentionDecision => ({ id, takenAt, keep: false, reason: 'older_than_window' });
const options = { marked: new Set<string>(), maxPercent: 50, unlimited: false };

describe('decideShare', () => {
  it('lets a plan through that deletes up to the share, and stops one that deletes more', () => {
    expect(decideShare([kept('a'), gone('b')], options)).toEqual({ allowed: true });
    expect(decideShare([kept('a'), gone('b'), gone('c')], options)).toEqual({
      allowed: false,
      reason: 'it would delete 2 of 3 backups, more than 50 %',
    });
  });

  it('lets anything through once a person agrees, and what has passed already', () => {
    const plan = [kept('a'), gone('b'), gone('c')];
    expect(decideShare(plan, { ...options, unlimited: true })).toEqual({ allowed: true });
    expect(decideShare(plan, { ...options, marked: new Set(['b']) })).toEqual({ allowed: true });
  });

  it('has nothing against nothing', () => {
    expect(decideShare([], options)).toEqual({ allowed: true });
  });
});
