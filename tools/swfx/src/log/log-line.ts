/** One line of a log file, understood as far as it can be. Whatever cannot be is still a line of its file's service. */
export interface LogLine {
  raw: string;
  /** The line without the time that it begins with. */
  text: string;
  /** Milliseconds since the epoch; a line without a time of its own (a stack trace) has that of the line before it. */
  at: number;
  service: string;
  logger: LoggerName;
  /** The line's JSON object, where it is one. */
  record: Record<string, unknown> | undefined;
}

export type LoggerName = 'app' | 'audit' | 'access';

const leadingTime = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)?/;
/** As the access logger writes it: time, address, quoted request, status. */
const accessLine = /^\S+Z \S+ "[A-Z]+ [^"]* HTTP\/[\d.]+" \d{3} /;

/** Reads a line of the log of `service`, which a JSON line may correct. */
export function parseLogLine(raw: string, file: { service: string; lastAt: number }): LogLine {
  const record = parseObject(raw);
  const leading = leadingTime.exec(raw)?.[0] ?? '';
  const time = record?.['timestamp'] ?? leading.replace(' UTC', 'Z').replace(' ', 'T');
  const at = typeof time === 'string' ? Date.parse(time) : NaN;
  return {
    raw,
    text: raw.slice(leading.length).trim(),
    at: Number.isNaN(at) ? file.lastAt : at,
    service: typeof record?.['service'] === 'string' ? record['service'] : file.service,
    logger: loggerOf(raw, record),
    record,
  };
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
