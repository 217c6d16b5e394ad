import { formatLogLine, jsonLogLine } from './format-log-line';
import { parseLogLine } from './log-line';

const now = new Date('2025-06-22T20:00:00Z');
const parse = (raw: string) => parseLogLine(raw, { service: 'backup-service', lastAt: now.getTime() });
const record = {
  timestamp: '2025-06-22T14:30:00.123Z',
  level: 'warn',
  logger: 'app',
  service: 'api-gateway',
  env: 'development',
  message: 'Redis connection lost',
  role: 'command',
  error: 'connect refused',
};

describe('formatLogLine', () => {
  it('shows time, level, service, message and the remaining fields', () => {
    expect(formatLogLine(parse(JSON.stringify(record)), now)).toBe(
      '14:30:00.123 WARN   api-gateway          Redis connection lost role=command error="connect refused"',
    );
  });

  it('shows the date of a line that is not from today', () => {
    const line = parse(JSON.stringify({ ...record, timestamp: '2025-06-21T14:30:00.123Z' }));
    expect(formatLogLine(line, now)).toMatch(/^2025-06-21 14:30:00\.123 /);
  });

  it('shows an audit record by its action', () => {
    const line = parse(
      '{"timestamp":"2025-06-22T14:30:00.123Z","logger":"audit","action":"db_backup_succeeded"}',
    );
    expect(formatLogLine(line, now)).toContain('AUDIT  backup-service       db_backup_succeeded');
  });

  it('shows the time of a line of text once', () => {
    const line = parse('2025-06-22 14:30:00.123 UTC [7] LOG:  ready');
    expect(formatLogLine(line, now)).toBe('14:30:00.123 APP    backup-service       [7] LOG:  ready');
  });

  it('goes on below with what was logged as several lines', () => {
    const line = parse('2025-06-22 14:30:00.123 UTC [7] STATEMENT:  SELECT\n\t\t1,\n\t2\u001b[2J\n\tFROM\tx');
    const margin = ' '.repeat(43);
    expect(formatLogLine(line, now).split('\n')).toEqual([
      '14:30:00.123 APP    backup-service       [7] STATEMENT:  SELECT',
      `${margin}1,`,
      `${margin}2\\x1b[2J`,
      `${margin}FROM  x`,
    ]);
  });

  it('does not let what was logged drive the terminal', () => {
    const line = parse(JSON.stringify({ ...record, message: 'clear\u001b[2J', error: 'two\nlines' }));
    expect(formatLogLine(line, now)).toContain('clear\\x1b[2J role=command error="two\\nlines"');
  });
});

describe('jsonLogLine', () => {
  it('passes a JSON line through untouched', () => {
    const raw = JSON.stringify(record);
    expect(jsonLogLine(parse(raw))).toBe(raw);
  });

  it('makes an object of a line of text', () => {
    expect(JSON.parse(jsonLogLine(parse('cannot start')))).toEqual({
      timestamp: '2025-06-22T20:00:00.000Z',
      logger: 'app',
      service: 'backup-service',
      message: 'cannot start',
    });
  });
});
