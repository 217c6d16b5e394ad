import { styleText } from 'node:util';
import type { LogLine } from './log-line';

/** Fields that are shown in a place of their own, or that say nothing to someone who reads one line after another. */
const placed = new Set([
  'timestamp',
  'level',
  'logger',
  'service',
  'env',
  'message',
  'action',
  'request_id',
  'schema_version',
]);
const colourOf: Record<string, 'red' | 'yellow' | 'green' | 'gray' | 'magenta'> = {
  error: 'red',
  warn: 'yellow',
  info: 'green',
  debug: 'gray',
  audit: 'magenta',
};
const longestService = 'key-rotation-service'.length;

/**
 * A line for people: time (UTC), level, service, message, `key=value`. The date is shown when it is not today's. What
 * was logged as several lines goes on below its first, indented.
 */
export function formatLogLine(line: LogLine, now: Date): string {
  const level = textOf(line.record?.['level'] ?? line.logger);
  const time = timeOf(line.at, now);
  const head = [
    styleText('gray', time),
    styleText(colourOf[level] ?? 'gray', level.toUpperCase().padEnd(6)),
    styleText('cyan', line.service.padEnd(longestService)),
  ].join(' ');
  if (line.record) return `${head} ${recordText(line.record)}`;
  const margin = `\n${' '.repeat(`${time} 123456 `.length + longestService + 3)}`;
  return `${head} ${line.text.split('\n').map(printableText).join(margin)}`;
}

/** A line for programs: always one JSON object, also for what was logged as plain text. */
export function jsonLogLine(line: LogLine): string {
  if (line.record) return line.raw;
  const { service, logger, raw } = line;
  return JSON.stringify({ timestamp: new Date(line.at).toISOString(), logger, service, message: raw });
}

function timeOf(at: number, now: Date): string {
  const [date = '', time = ''] = new Date(at).toISOString().slice(0, -1).split('T');
  return now.toISOString().startsWith(date) ? time : `${date} ${time}`;
}

function recordText(record: Record<string, unknown>): string {
  const message = printable(textOf(record['message'] ?? record['action'] ?? ''));
  const fields = Object.entries(record)
    .filter(([name, value]) => !placed.has(name) && value !== null)
    .map(([name, value]) => styleText('gray', `${printable(name)}=${valueText(value)}`));
  return [message, ...fields].join(' ');
}

function valueText(value: unknown): string {
  const text = textOf(value);
  return typeof value === 'string' && /[\s"=]|^$/.test(text)
    ? printable(JSON.stringify(text))
    : printable(text);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function printableText(line: string): string {
  return printable(line.trim().replaceAll('\t', '  '));
}

/** What was logged must not move the reader's cursor or colour their terminal. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
