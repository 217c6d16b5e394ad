import fc from 'fast-check';
import { planRetention, type RetainedBackup, type RetentionPolicy } from './plan-retention';

const now = new Date('2026-11-27T12:00:00Z');
const policy: RetentionPolicy = { withinDays: 7, daily: 0, weekly: 0, monthly: 0 };
const daysAgo = (days: number) => new Date(now.getTime() - days * 86_400_000);
const backup = (id: string, days: number, worth: RetainedBackup['worth'] = 'proven'): RetainedBackup => ({
  id,
  takenAt: daysAgo(days),
  worth,
  inUse: false,
  copy: 'none',
});
const reasons = (backups: RetainedBackup[], by = policy, at = now) =>
  Object.fromEntries(planRetention(backups, by, at).map(({ id, reason }) => [id, reason]));

describe('planRetention', () => {
  it('counts the window back from the newest proven backup, not from the clock', () => {
    expect(reasons([backup('a', 30), backup('b', 36), backup('c', 38)])).toEqual({
      a: 'newest_proven',
      b: 'within_window',
      c: 'older_than_window',
    });
  });

  it('deletes nothing where nothing was ever proven', () => {
    const kept = reasons([backup('a', 1, 'bad'), backup('b', 100, 'unknown'), backup('c', 200, 'pending')]);
    expect(new Set(Object.values(kept))).toEqual(new Set(['nothing_proven']));
  });

  it('is not moved on by backups that failed or that nobody has proven', () => {
    expect(
      reasons([backup('bad', 0, 'bad'), backup('new', 1, 'pending'), backup('a', 20), backup('b', 26)]),
    ).toEqual({
      bad: 'within_window',
      new: 'within_window',
      a: 'newest_proven',
      b: 'within_window',
    });
  });

  it('keeps a bad backup as evidence within the window, and one that awaits its proof for as long as it does', () => {
    expect(
      reasons([backup('a', 0), backup('b', 3, 'bad'), backup('c', 9, 'bad'), backup('d', 99, 'pending')]),
    ).toEqual({
      a: 'newest_proven',
      b: 'within_window',
      c: 'bad_and_older_than_window',
      d: 'awaits_proof',
    });
  });

  it('gives days, weeks and months places, which only proven backups fill', () => {
    const some = [
      backup('a', 0),
      backup('b', 1),
      backup('c', 1.2),
      backup('d', 2, 'bad'),
      backup('e', 12),
      backup('f', 40),
    ];
    expect(reasons(some, { withinDays: 0, daily: 2, weekly: 3, monthly: 2 })).toEqual({
      a: 'newest_proven',
      b: 'daily',
      c: 'older_than_window',
      d: 'bad_and_older_than_window',
      e: 'weekly',
      f: 'weekly',
    });
  });

  it('keeps what a restore uses', () => {
    expect(reasons([backup('a', 0), { ...backup('b', 50), inUse: true }])).toMatchObject({ b: 'in_use' });
  });

  it('keeps what the second storage lacks, unless it is bad, and the newest that it has', () => {
    const copied = (id: string, days: number) => ({ ...backup(id, days), copy: 'copied' as const });
    const awaited = (id: string, days: number, worth: RetainedBackup['worth'] = 'proven') => ({
      ...backup(id, days, worth),
      copy: 'awaited' as const,
    });
    const list = [
      awaited('a', 0),
      awaited('b', 20),
      awaited('c', 21, 'bad'),
      copied('d', 22),
      copied('e', 23),
    ];
    expect(reasons(list)).toEqual({
      a: 'newest_proven',
      b: 'awaits_copy',
      c: 'bad_and_older_than_window',
      d: 'newest_copied',
      e: 'older_than_window',
    });
  });

  it('lets a backup from the future count for nothing', () => {
    expect(reasons([backup('future', -400), backup('a', 1), backup('b', 2)])).toEqual({
      future: 'from_the_future',
      a: 'newest_proven',
      b: 'within_window',
    });
  });

  describe('whatever the backups, the policy and the clock', () => {
    const worth = fc.constantFrom<RetainedBackup['worth'][]>('proven', 'bad', 'unknown', 'pending');
    const copy = fc.constantFrom<RetainedBackup['copy'][]>('none', 'awaited', 'copied');
    const one = fc.record({ at: fc.integer({ min: 0, max: 400 * 24 }), worth, inUse: fc.boolean(), copy });
    const backups = fc.array(one, { maxLength: 30 }).map((list) =>
      list.map(({ at, ...rest }, n): RetainedBackup => ({
        ...rest,
        id: `b${n}`,
        takenAt: daysAgo(at / 24),
      })),
    );
    const small = fc.nat({ max: 10 });
    const policies = fc.record({ withinDays: small, daily: small, weekly: small, monthly: small });
    const skewed = fc.integer({ min: -500, max: 500 }).map((days) => daysAgo(-days));
    const deleted = (list: readonly RetainedBackup[], by: RetentionPolicy, at: Date) =>
      new Set(planRetention(list, by, at).flatMap(({ id, keep }) => (keep ? [] : [id])));
    const check = (property: (list: RetainedBackup[], by: RetentionPolicy, at: Date) => boolean) =>
      fc.assert(fc.property(backups, policies, skewed, property));

    it('decides for each exactly once', () => {
      check((list, by, at) => {
        const ids = planRetention(list, by, at).map(({ id }) => id);
        return ids.length === list.length && new Set(ids).size === list.length;
      });
    });

    it('never deletes the newest proven one, nor leaves a database that had one without', () => {
      check((list, by, at) => {
        const gone = deleted(list, by, at);
        const proven = list.filter((item) => item.worth === 'proven').sort((a, b) => +b.takenAt - +a.takenAt);
        return proven.length === 0 || (proven.some(({ id }) => !gone.has(id)) && !gone.has(newestOf(proven)));
      });
    });

    it('never deletes the newest proven one of the second storage, nor what is good and not there yet', () => {
      check((list, by, at) => {
        const gone = list.filter(({ id }) => deleted(list, by, at).has(id));
        const there = list.filter((item) => item.worth === 'proven' && item.copy === 'copied');
        const left = there.filter((item) => !gone.includes(item));
        const lost = gone.some((item) => item.copy === 'awaited' && item.worth !== 'bad');
        return !lost && (there.length === 0 || left.length > 0);
      });
    });

    it('deletes nothing of what has only failed', () => {
      check((list, by, at) => {
        const failures = list.filter((item) => item.worth !== 'proven');
        return deleted(failures, by, at).size === 0;
      });
    });

    it('plans nothing more once it is carried out', () => {
      check((list, by, at) => {
        const gone = deleted(list, by, at);
        return (
          deleted(
            list.filter(({ id }) => !gone.has(id)),
            by,
            at,
          ).size === 0
        );
      });
    });

    it('does not want back, after newer backups, what it was about to delete', () => {
      fc.assert(
        fc.property(backups, policies, one, (list, by, { worth: newWorth, copy: newCopy }) => {
          const newer = { id: 'newer', takenAt: now, worth: newWorth, inUse: false, copy: newCopy };
          const before = deleted(list, by, now);
          const after = deleted([...list, newer], by, now);
          return [...before].every((id) => after.has(id));
        }),
      );
    });

    it('deletes no less under a stricter policy', () => {
      fc.assert(
        fc.property(backups, policies, policies, (list, by, less) => {
          const stricter = {
            withinDays: Math.min(by.withinDays, less.withinDays),
            daily: Math.min(by.daily, less.daily),
            weekly: Math.min(by.weekly, less.weekly),
            monthly: Math.min(by.monthly, less.monthly),
          };
          const before = deleted(list, by, now);
          return [...before].every((id) => deleted(list, stricter, now).has(id));
        }),
      );
    });

    it('deletes no more under a wrong clock than under the right one', () => {
      check((list, by, at) => {
        const right = deleted(list, by, now);
        return [...deleted(list, by, at)].every((id) => right.has(id));
      });
    });

    function newestOf(proven: RetainedBackup[]): string {
      const at = proven[0]?.takenAt.getTime();
      const same = proven.filter(({ takenAt }) => takenAt.getTime() === at).map(({ id }) => id);
      return same.sort()[0] as string;
    }
  });
});
