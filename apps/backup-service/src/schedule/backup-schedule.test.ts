import { allowedFrom, isBlackedOut, parseBlackout, scheduleText } from './backup-schedule';

const window = (text: string) => {
  const parsed = parseBlackout(text);
  if (!parsed) throw new Error(`${text} is no window`);
  return parsed;
};
const out = (texts: string[], at: string, timezone = 'UTC') =>
  isBlackedOut({ blackouts: texts.map(window), timezone }, new Date(at));

describe('parseBlackout', () => {
  it('reads times of every day, of some days, and past midnight', () => {
    expect(window('08:00-18:30')).toEqual({ days: [0, 1, 2, 3, 4, 5, 6], from: 480, to: 1110 });
    expect(window('Mon-Fri 08:00-18:00').days).toEqual([1, 2, 3, 4, 5]);
    expect(window('Sat-Mon 00:00-24:00').days).toEqual([6, 0, 1]);
    expect(window('sun 22:00-02:00').days).toEqual([0]);
  });

  it.each([
    '',
    '8:00-18:00',
    '08:00',
    '25:00-26:00',
    '08:00-08:00',
    'Xyz 08:00-09:00',
    '08:60-09:00',
    '00:00-24:30',
  ])('refuses %j', (text) => {
    expect(parseBlackout(text)).toBeUndefined();
  });
});

describe('isBlackedOut', () => {
  it('holds from the first minute to before the last, on its days', () => {
    expect(out(['Fri 08:00-18:00'], '2026-11-27T07:59:59Z')).toBe(false);
    expect(out(['Fri 08:00-18:00'], '2026-11-27T08:00:00Z')).toBe(true);
    expect(out(['Fri 08:00-18:00'], '2026-11-27T18:00:00Z')).toBe(false);
    expect(out(['Sat 08:00-18:00'], '2026-11-27T12:00:00Z')).toBe(false);
  });

  it('goes past midnight into the day after its own', () => {
    expect(out(['Fri 22:00-02:00'], '2026-11-27T23:00:00Z')).toBe(true);
    expect(out(['Fri 22:00-02:00'], '2026-11-28T01:59:00Z')).toBe(true);
    expect(out(['Fri 22:00-02:00'], '2026-11-27T01:00:00Z')).toBe(false);
  });

  it('is told in the schedule’s own time zone', () => {
    expect(out(['08:00-09:00'], '2026-07-01T06:30:00Z', 'Europe/Berlin')).toBe(true);
    expect(out(['08:00-09:00'], '2026-12-01T06:30:00Z', 'Europe/Berlin')).toBe(false);
  });
});

describe('allowedFrom', () => {
  const from = (blackouts: string[], due: string, timezone = 'UTC') =>
    allowedFrom({ blackouts: blackouts.map(window), timezone }, new Date(due)).toISOString();

  it('is the tick itself, or the end of the blackout that it falls into', () => {
    expect(from(['08:00-18:00'], '2026-11-27T02:00:05Z')).toBe('2026-11-27T02:00:05.000Z');
    expect(from(['08:00-18:00'], '2026-11-27T09:00:05Z')).toBe('2026-11-27T18:00:00.000Z');
    expect(from(['Fri 22:00-02:00', 'Sat 02:00-03:00'], '2026-11-27T23:00:00Z')).toBe(
      '2026-11-28T03:00:00.000Z',
    );
    expect(from(['08:00-09:00'], '2026-07-01T06:30:00Z', 'Europe/Berlin')).toBe('2026-07-01T07:00:00.000Z');
  });

  it('is the tick where no other time is ever allowed', () => {
    expect(from(['00:00-24:00'], '2026-11-27T02:00:00Z')).toBe('2026-11-27T02:00:00.000Z');
  });
});

describe('scheduleText', () => {
  it('names a time zone that is not UTC', () => {
    expect(scheduleText({ cron: '0 2 * * *', timezone: 'UTC' })).toBe('0 2 * * *');
    expect(scheduleText({ cron: '0 2 * * *', timezone: 'Europe/Berlin' })).toBe(
      'CRON_TZ=Europe/Berlin 0 2 * * *',
    );
  });
});
