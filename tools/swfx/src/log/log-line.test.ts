import { interleave, joinContinuations, parseLogLine } from './log-line';

const file = { service: 'backup-service', lastAt: 1_000 };
const access =
  '2025-06-22T14:30:00.000Z 127.0.0.1 "GET /health HTTP/1.1" 200 112 0.0021 "curl/8" 4bf92f3577b34da6a3ce929d0e0e4736';

describe('parseLogLine', () => {
  it('takes time and service from a JSON line', () => {
    const line = parseLogLine(
      '{"timestamp":"2025-06-22T14:30:00.000Z","service":"api-gateway","logger":"app"}',
      file,
    );
    expect(line).toMatchObject({
      at: Date.parse('2025-06-22T14:30:00Z'),
      service: 'api-gateway',
      logger: 'app',
    });
  });

  it('tells the three loggers apart', () => {
    expect(parseLogLine('{"logger":"audit"}', file).logger).toBe('audit');
    expect(parseLogLine(access, file).logger).toBe('access');
    expect(parseLogLine('cannot start: DATABASE_URL is required', file).logger).toBe('app');
  });

  it('keeps a line without a time behind the one before it', () => {
    expect(parseLogLine('    at main (main.js:1:1)', file)).toMatchObject({
      at: 1_000,
      service: 'backup-service',
    });
  });

  it('reads the time that Postgres begins its lines with', () => {
    expect(parseLogLine('2025-06-22 14:30:00.123 UTC [7] LOG:  ready', file).at).toBe(
      Date.parse('2025-06-22T14:30:00.123Z'),
    );
  });

  it('reads the time that Redis writes behind its process', () => {
    expect(parseLogLine('7:M 22 Jun 2025 14:30:00.123 * Ready', file)).toMatchObject({
      at: Date.parse('2025-06-22T14:30:00.123Z'),
      text: '7:M * Ready',
    });
  });

  it('takes a torn JSON line as text', () => {
    expect(parseLogLine('{"timestamp":"2025-', file)).toMatchObject({ record: undefined, at: 1_000 });
  });
});

describe('joinContinuations', () => {
  it('takes indented lines for a part of the one before them, unless that was JSON', () => {
    const lines = [
      '  at the start of a tail',
      'STATEMENT:  SELECT',
      '\t1',
      '\t2',
      'LOG:  x',
      '{"a":1}',
      '    at f',
    ];
    expect(joinContinuations(lines)).toEqual([
      '  at the start of a tail',
      'STATEMENT:  SELECT\n\t1\n\t2',
      'LOG:  x',
      '{"a":1}',
      '    at f',
    ]);
  });
});

describe('interleave', () => {
  it('orders the lines of several files by time, and those of one instant by file', () => {
    const line = (raw: string, lastAt: number) => parseLogLine(raw, { service: 's', lastAt });
    const lines = interleave([
      [line('a', 1), line('a, trace', 1), line('d', 4)],
      [line('b', 1), line('c', 3)],
    ]);
    expect(lines.map(({ raw }) => raw)).toEqual(['a', 'a, trace', 'b', 'c', 'd']);
  });
});
