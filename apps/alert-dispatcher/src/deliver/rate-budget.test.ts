import fc from 'fast-check';
import { checkBudget, type Lane, type SentMessage } from './rate-budget';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2025, 5, 22);
const policy = { maxPerHour: 10 };
const at = (minutes: number) => new Date(start + minutes * minute);
const sent = (lane: Lane, ...minutes: number[]): SentMessage[] =>
  minutes.map((each) => ({ lane, sentAt: at(each) }));
const ordinary = { lane: 'ordinary', critical: false } as const;
const end = { lane: 'urgent', critical: false } as const;
const critical = { lane: 'urgent', critical: true } as const;

describe('checkBudget', () => {
  it('allows ordinary messages six of ten, says which is the last, and when the next fits', () => {
    expect(checkBudget(ordinary, sent('ordinary', 1, 2, 3, 4), policy, at(10))).toEqual({
      allowed: true,
      last: false,
    });
    expect(checkBudget(ordinary, sent('ordinary', 1, 2, 3, 4, 5), policy, at(10))).toEqual({
      allowed: true,
      last: true,
    });
    expect(checkBudget(ordinary, sent('ordinary', 6, 5, 4, 3, 2, 1), policy, at(10))).toEqual({
      allowed: false,
      until: at(61),
    });
    expect(checkBudget(ordinary, sent('ordinary', 1, 2, 3, 4, 5, 6), policy, at(61))).toMatchObject({
      allowed: true,
    });
  });

  it('keeps four of ten for what is critical and for ends, which may use all ten', () => {
    const spent = [...sent('ordinary', 1, 2, 3, 4, 5, 6), ...sent('urgent', 7, 7, 7)];
    for (const urgent of [critical, end])
      expect(checkBudget(urgent, spent, policy, at(7))).toEqual({ allowed: true, last: true });
    expect(checkBudget(ordinary, sent('urgent', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), policy, at(11))).toEqual({
      allowed: false,
      until: at(61),
    });
  });

  it('lets what is critical go once a minute when all is spent, and nothing else', () => {
    const spent = sent('urgent', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    expect(checkBudget(critical, spent, policy, at(10.5))).toEqual({ allowed: false, until: at(11) });
    expect(checkBudget(critical, spent, policy, at(11))).toEqual({ allowed: true, last: true });
    expect(checkBudget(end, spent, policy, at(11))).toEqual({ allowed: false, until: at(61) });
  });

  it('lets an ordinary alert go when only one message an hour is allowed', () => {
    expect(checkBudget(ordinary, [], { maxPerHour: 1 }, at(0))).toEqual({ allowed: true, last: true });
    expect(checkBudget(ordinary, sent('ordinary', 0), { maxPerHour: 1 }, at(1))).toEqual({
      allowed: false,
      until: at(60),
    });
  });

  it('never lets more through than it states, and never makes anybody wait longer than it says', () => {
    const step = fc.record({
      message: fc.constantFrom(ordinary, end, critical),
      afterMs: fc.integer({ min: 0, max: 10 * minute }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, maxPerHour) => {
          const messages: SentMessage[] = [];
          let now = start;
          for (const { message, afterMs } of steps) {
            now += afterMs;
            const verdict = checkBudget(message, messages, { maxPerHour }, new Date(now));
            if (verdict.allowed) messages.push({ lane: message.lane, sentAt: new Date(now) });
            else {
              expect(verdict.until.getTime()).toBeGreaterThan(now);
              expect(checkBudget(message, messages, { maxPerHour }, verdict.until).allowed).toBe(true);
            }
            const window = messages.filter(({ sentAt }) => sentAt.getTime() > now - hour);
            const plain = window.filter(({ lane }) => lane === 'ordinary');
            expect(plain.length).toBeLessThanOrEqual(maxPerHour - Math.floor(maxPerHour * 0.4));
            expect(window.length).toBeLessThanOrEqual(maxPerHour + 60);
          }
        },
      ),
    );
  });
});
