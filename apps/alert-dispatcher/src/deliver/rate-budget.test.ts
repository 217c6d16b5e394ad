import { severities, type Severity } from '@swfx/alerts';
import fc from 'fast-check';
import { checkBudget, type SentMessage } from './rate-budget';

const minute = 60_000;
const hour = 60 * minute;
const start = Date.UTC(2025, 5, 22);
const policy = { maxPerHour: 10 };
const at = (minutes: number) => new Date(start + minutes * minute);
const sent = (severity: Severity, ...minutes: number[]): SentMessage[] =>
  minutes.map((each) => ({ severity, sentAt: at(each) }));

describe('checkBudget', () => {
  it('allows ordinary messages six of ten, and says when the next fits', () => {
    expect(checkBudget('info', sent('info', 1, 2, 3, 4, 5), policy, at(10))).toEqual({ allowed: true });
    expect(checkBudget('info', sent('info', 6, 5, 4, 3, 2, 1), policy, at(10))).toEqual({
      allowed: false,
      until: at(61),
    });
    expect(checkBudget('warning', sent('info', 1, 2, 3, 4, 5, 6), policy, at(61))).toEqual({ allowed: true });
  });

  it('keeps four of ten for critical alerts, which may use all ten', () => {
    const spent = sent('info', 1, 2, 3, 4, 5, 6);
    expect(checkBudget('critical', [...spent, ...sent('critical', 7, 7, 7)], policy, at(7))).toEqual({
      allowed: true,
    });
    expect(checkBudget('info', sent('critical', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10), policy, at(11))).toEqual({
      allowed: false,
      until: at(61),
    });
  });

  it('lets a critical alert go once a minute when all is spent', () => {
    const spent = sent('critical', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    expect(checkBudget('critical', spent, policy, at(10.5))).toEqual({ allowed: false, until: at(11) });
    expect(checkBudget('critical', spent, policy, at(11))).toEqual({ allowed: true });
  });

  it('lets an ordinary alert go when only one message an hour is allowed', () => {
    expect(checkBudget('info', [], { maxPerHour: 1 }, at(0))).toEqual({ allowed: true });
    expect(checkBudget('info', sent('info', 0), { maxPerHour: 1 }, at(1))).toEqual({
      allowed: false,
      until: at(60),
    });
  });

  it('never lets more through than it states, and never makes anybody wait longer than it says', () => {
    const step = fc.record({
      severity: fc.constantFrom(...severities),
      afterMs: fc.integer({ min: 0, max: 10 * minute }),
    });
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 150 }),
        fc.integer({ min: 1, max: 20 }),
        (steps, maxPerHour) => {
          const messages: SentMessage[] = [];
          let now = start;
          for (const { severity, afterMs } of steps) {
            now += afterMs;
            const verdict = checkBudget(severity, messages, { maxPerHour }, new Date(now));
            if (verdict.allowed) messages.push({ severity, sentAt: new Date(now) });
            else {
              expect(verdict.until.getTime()).toBeGreaterThan(now);
              expect(checkBudget(severity, messages, { maxPerHour }, verdict.until)).toEqual({
                allowed: true,
              });
            }
            const window = messages.filter((message) => message.sentAt.getTime() > now - hour);
            const ordinary = window.filter((message) => message.severity !== 'critical');
            expect(ordinary.length).toBeLessThanOrEqual(maxPerHour - Math.floor(maxPerHour * 0.4));
            expect(window.length).toBeLessThanOrEqual(maxPerHour + 60);
          }
        },
      ),
    );
  });
});
