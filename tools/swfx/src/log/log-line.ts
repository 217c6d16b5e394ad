/** One entry of a log file, understood as far as it can be. Whatever cannot be is still a line of its file's service. */
export interface LogLine {
  /** As it was written: a line, with those behind it that go on with it. */
  raw: string;
  /** The same without the time that stands in it. */
  text: string;
  /** Milliseconds since the epoch; a line without a time of its own (a stack trace) has that of the line before it. */
  at: number;
  service: string;
  logger: LoggerName;
  /** The line's JSON object, where it is one. */
  record: Record<string, unknown> | undefined;
}

export type LoggerName = 'app' | 'audit' | 'access';

const leadingTime = /^(?<date>\d{4}-\d\d-\d\d)[T ](?<time>\d\d:\d\d:\d\d(\.\d+)?)(Z| UTC)?/;
/** Behind the process and its role: `7:M 22 Jun 2025 14:30:00.123 * Ready`. */
const redisTime = /(?<=^\d+:[A-Z] )(?<date>\d\d \w{3} \d{4}) (?<time>\d\d:\d\d:\d\d\.\d{3}) /;
/** As the access logger writes it: time, address, quoted request, status. */
const accessLine = /^\S+Z \S+ "[A-Z]+ [^"]* HTTP\/[\d.]+" \d{3} /;

/** Reads a line of the log of `service`, which a JSON line may correct. */
export function parseLogLine(raw: string, file: { service: string; lastAt: number }): LogLine {
  const record = parseObject(raw);
  const written = leadingTime.exec(raw) ?? redisTime.exec(raw);
  const { date, time } = written?.groups ?? {};
  const at = Date.parse(written ? `${date} ${time} UTC` : String(record?.['timestamp']));
  return {
    raw,
    text: raw.replace(written?.[0] ?? '', '').trim(),
    at: Number.isNaN(at) ? file.lastAt : at,
    service: typeof record?.['service'] === 'string' ? record['service'] : file.service,
    logger: loggerOf(raw, record),
    record,
  };
}

/**
 * A line that begins with a space or a tab goes on with the one before it, as Postgres writes a statement of several
 * lines and Node a stack: the two are one entry. What follows a line of JSON is an entry of its own.
 */
export function joinContinuations(lines: readonly string[]): string[] {
  const entries: string[] = [];
  for (const line of lines) {
    const before = entries.at(-1);
    if (before === undefined || before.startsWith('{') || !/^\s/.test(line)) entries.push(line);
    else entries[entries.length - 1] = `${before}\n${line}`;
  }
  return entries;
}

/** Lines of several files in the order of their times; those of one instant keep the order of their file. */
export function interleave(files: readonly (readonly LogLine[])[]): LogLine[] {
  return files.flat().sort((one, other) => one.at - other.at);
}

function loggerOf(raw: string, record: LogLine['record']): LoggerName {
  if (record) return record['logger'] === 'audit' ? 'audit' : 'app';
  return accessLine.test(raw) ? 'access' : 'app';
}

function parseObject(raw: string): LogLine['record'] {
  if (!raw.startsWith('{')) return undefined;
  try {
    return JSON.parse(raw) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
