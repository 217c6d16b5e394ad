import { cronProblem, intervalSeconds, nextRun } from './schedules';

const at = (time: string) => new Date(`2026-11-27T${time}Z`);

describe('nextRun', () => {
  it('gives the next instant in UTC, never the present one', () => {
    expect(nextRun('*/5 * * * *', at('10:04:59')).toISOString()).toBe('2026-11-27T10:05:00.000Z');
    expect(nextRun('*/5 * * * *', at('10:05:00')).toISOString()).toBe('2026-11-27T10:10:00.000Z');
    expect(nextRun('0 2 * * *', at('02:00:00')).toISOString()).toBe('2026-11-28T02:00:00.000Z');
  });
});

describe('intervalSeconds', () => {
  it('measures the distance between two runs', () => {
    expect(intervalSeconds('*/5 * * * *', at('10:01:00'))).toBe(300);
    expect(intervalSeconds('0 2 * * *', at('10:01:00'))).toBe(86_400);
  });
});

describe('cronProblem', () => {
  it.each(['', 'nonsense', '61 * * * *', '* * * *', '0 0 31 2 *'])('refuses %j', (cron) => {
    expect(cronProblem(cron)).toMatch(/^must/);
  });
  it.each(['*/5 * * * *', '0 2 * * 1-5'])('accepts %j', (cron) => {
    expect(cronProblem(cron)).toBeUndefined();
  });
});
