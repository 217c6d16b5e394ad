/**
 * When a database is backed up: a cron expression in a time zone, spread by a jitter so that many databases of one
 * server do not begin together, and held back in blackout windows. A tick that comes due in a blackout, or while
 * nothing ran, is not lost: it is taken once, as soon as it may be.
 */
export interface BackupSchedule {
  /** Five fields. */
  cron: string;
  /** IANA name. */
  timezone: string;
  /** Each run begins up to so many seconds after its tick. */
  jitterSeconds: number;
  blackouts: BlackoutWindow[];
}

export interface BlackoutWindow {
  /** 0 is Sunday; the day on which the window begins. */
  days: number[];
  /** Minutes since midnight, in the schedule's time zone; a window may go past midnight. */
  from: number;
  to: number;
}

const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const written = /^(?:(?:(\w{3})(?:-(\w{3}))?) )?(\d{2}):(\d{2})-(\d{2}):(\d{2})$/;

/** Reads a window such as `08:00-18:00` or `Mon-Fri 22:00-02:00`; undefined when it is none. */
export function parseBlackout(text: string): BlackoutWindow | undefined {
  const found = written.exec(text.trim());
  if (!found) return undefined;
  const [, first, last, ...times] = found;
  const [fromHour, fromMinute, toHour, toMinute] = times.map(Number) as [number, number, number, number];
  const days = parseDays(first, last);
  if (!days || fromHour > 23 || toHour > 24 || fromMinute > 59 || toMinute > 59) return undefined;
  const window = { days, from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
  return window.from === window.to || window.to > 1_440 ? undefined : window;
}

function parseDays(first: string | undefined, last: string | undefined): number[] | undefined {
  if (first === undefined) return [0, 1, 2, 3, 4, 5, 6];
  const from = dayNames.indexOf(first.toLowerCase());
  const to = last === undefined ? from : dayNames.indexOf(last.toLowerCase());
  if (from < 0 || to < 0) return undefined;
  return Array.from({ length: ((to - from + 7) % 7) + 1 }, (_, n) => (from + n) % 7);
}

/** Whether no backup may begin at this time. */
export function isBlackedOut(schedule: Pick<BackupSchedule, 'blackouts' | 'timezone'>, now: Date): boolean {
  if (schedule.blackouts.length === 0) return false;
  const { day, minute } = localTime(now, schedule.timezone);
  const dayBefore = (day + 6) % 7;
  return schedule.blackouts.some(({ days, from, to }) =>
    from < to
      ? days.includes(day) && minute >= from && minute < to
      : (days.includes(day) && minute >= from) || (days.includes(dayBefore) && minute < to),
  );
}

const minuteMs = 60_000;
const weekMinutes = 7 * 24 * 60;

/**
 * When a run that is due at an instant may begin: then, or at the end of the blackout that it falls into. A schedule
 * that is held back for a whole week, and so for ever, gives the instant itself: it is overdue, and people should know.
 */
export function allowedFrom(schedule: Pick<BackupSchedule, 'blackouts' | 'timezone'>, due: Date): Date {
  if (!isBlackedOut(schedule, due)) return due;
  // A window ends at a whole minute, in every time zone of today.
  const from = Math.ceil(due.getTime() / minuteMs) * minuteMs;
  for (let minutes = 0; minutes <= weekMinutes; minutes += 1) {
    const later = new Date(from + minutes * minuteMs);
    if (!isBlackedOut(schedule, later)) return later;
  }
  return due;
}

/** Making one takes a hundred times as long as using it, and the end of a blackout is looked for by the minute. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatIn(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  formats.set(timezone, format);
  return format;
}

function localTime(now: Date, timezone: string): { day: number; minute: number } {
  const parts = Object.fromEntries(
    formatIn(timezone)
      .formatToParts(now)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: dayNames.indexOf(String(parts['weekday']).toLowerCase()),
    minute: Number(parts['hour']) * 60 + Number(parts['minute']),
  };
}

/** The schedule as the table of schedules holds it: cron with its time zone. */
export function scheduleText({ cron, timezone }: Pick<BackupSchedule, 'cron' | 'timezone'>): string {
  return timezone === 'UTC' ? cron : `CRON_TZ=${timezone} ${cron}`;
}
