import { cronProblem, intervalSeconds, nextRun } from './schedules';

const at = (time: string) => new Date(`2026-11-27T${time}Z`);

describe('nextRun', () => {
  it('gives the next instant in UTC, never the present one', () => {
    expect(nextRun('*/5 * * * *', at('10:04:59')).toISOString()).toBe('2026-11-27T10:05:00.000Z');
    expect(nextRun('*/5 * * * *', at('10:05:00')).toISOString()).toBe('2026-11-27T10:10:00.000Z');
    expect(nextRun('0 2 * * *', at('02:00:00')).toISOString()).toBe('2026-11-28T02:00:00.000Z');
  });
});

describe('a schedule in a time zone', () => {
  it('keeps its hour of the day when the clocks change', () => {
    const berlin = 'CRON_TZ=Europe/Berlin 0 2 * * *';
    expect(nextRun(berlin, new Date('2026-07-01T12:00:00Z')).toISOString()).toBe('2026-07-02T00:00:00.000Z');
    expect(nextRun(berlin, new Date('2026-12-01T12:00:00Z')).toISOString()).toBe('2026-12-02T01:00:00.000Z');
  });

  it('is refused where the zone or the fields are wrong', () => {
    expect(cronProblem('CRON_TZ=Europe/Berlin 0 2 * * *')).toBeUndefined();
    expect(cronProblem('CRON_TZ=Europe/Nowhere 0 2 * * *')).toMatch(/^must/);
    expect(cronProblem('CRON_TZ=Europe/Berlin 0 2 * *')).toMatch(/^must/);
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
