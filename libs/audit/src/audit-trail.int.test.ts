import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import { createPool, migrate } from '@swfx/database';
import { createSilentLogger } from '@swfx/logging';
import { createSpool } from '@swfx/messaging';
import { createMetrics, generateMetrics } from '@swfx/metrics';
import { createTestDatabase, startTestPostgres, waitUntil, type TestDatabase } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { createAuditTrail, type AuditTrail } from './audit-trail';
import type { AuditEvent } from './events';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Opened {
  trail: AuditTrail;
  file: string;
  lines(): { id: string; action: string; kid?: string }[];
  metrics(): Promise<string>;
  depth(): number;
  close(): Promise<void>;
}

function open(url: string, options: { file?: string; validation?: 'hard' | 'warn' } = {}): Opened {
  const folder = mkdtempSync(join(tmpdir(), 'trail-'));
  const file = options.file ?? join(folder, 'audit.log');
  const registry = new Registry();
  const pool = createPool({
    url: new Secret(url),
    applicationName: 'test',
    max: 3,
    onIdleError: () => undefined,
  });
  const spool = createSpool({ folder: join(folder, 'spool') });
  const trail = createAuditTrail({
    pool,
    service: 'test-service',
    environment: 'test',
    file,
    validation: options.validation ?? 'hard',
    spool,
    logger: createSilentLogger(),
    metrics: createMetrics({
      service: 't',
      version: '1',
      environment: 'test',
      names: ['audit_events_total', 'audit_file_errors_total'],
      registry,
    }),
  });
  return {
    trail,
    file,
    lines: () =>
      readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.trim())
        .map((line) => JSON.parse(line)),
    metrics: async () => (await generateMetrics(registry)).body,
    depth: () => spool.depth(),
    close: async () => {
      trail.close();
      await pool.end();
    },
  };
}

const published = (kid: string): AuditEvent => ({
  action: 'jwt_key_published',
  outcome: 'success',
  actor: 'service:test-service',
  subject: null,
  operationId: 'rotation-1',
  fields: { kid, epoch: 1 },
});
const ageBy = (interval: string) =>
  database.pool.query(`UPDATE audit_event SET occurred_at = occurred_at - $1::interval`, [interval]);

describe('an audit trail', () => {
  it('commits an event with the change that it tells of, and then shows it in the file', async () => {
    const opened = open(database.url);
    await opened.trail.transaction(async (client, note) => {
      await client.query('CREATE TABLE changed (a int)');
      await note(published('k1'));
      expect(opened.lines()).toHaveLength(0);
    });
    const { rows } = await database.pool.query<{ record: string }>(
      `SELECT record FROM audit_event WHERE action = 'jwt_key_published'`,
    );
    expect(rows.map((row) => JSON.parse(row.record))).toEqual(opened.lines());
    expect(await opened.metrics()).toContain(
      'audit_events_total{action="jwt_key_published",outcome="success"} 1',
    );
    await opened.close();
  });

  it('records nothing when the change is rolled back', async () => {
    const opened = open(database.url);
    const before = await countRows();
    const failing = opened.trail.transaction(async (_client, note) => {
      await note(published('k2'));
      throw new Error('the change failed');
    });
    await expect(failing).rejects.toThrow('the change failed');
    expect(opened.lines()).toHaveLength(0);
    expect(await countRows()).toBe(before);
    await opened.close();
  });

  it('does not call a committed change a failure because the file cannot be written', async () => {
    const opened = open(database.url, { file: '/dev/full' });
    const before = await countRows();
    await opened.trail.record(published('k-full'));
    expect(await countRows()).toBe(before + 1);
    expect(await opened.metrics()).toContain('audit_file_errors_total 1');
    await opened.close();
  });

  it('refuses an event that does not fit its schema, and nothing of its transaction remains', async () => {
    const opened = open(database.url);
    const invalid = { ...published('k3'), fields: { kid: 'k3' } } as unknown as AuditEvent;
    await expect(opened.trail.record(invalid)).rejects.toMatchObject({ code: 'invalid_audit_event' });
    await opened.close();
  });

  it('repairs the file from the table after a crash, also when a line was torn, and writes nothing twice', async () => {
    const opened = open(database.url);
    await opened.trail.record(published('first'));
    await opened.trail.record(published('second'));
    await opened.close();
    await ageBy('1 minute');
    const [firstLine = '', secondLine = ''] = readFileSync(opened.file, 'utf8').split('\n');
    writeFileSync(opened.file, `${firstLine}\n${secondLine.slice(0, 40)}`);

    const again = open(database.url, { file: opened.file });
    expect(await again.trail.repair()).toEqual({ stored: 0, appended: 1 });
    expect(await again.trail.repair()).toEqual({ stored: 0, appended: 0 });
    expect(again.lines().map((line) => line.kid)).toEqual(['first', 'second']);
    await again.close();
  });

  it('keeps events in the spool while Postgres is away, and stores them when it is back', async () => {
    const server = await startTestPostgres();
    await migrate({ databaseUrl: server.url() });
    const opened = open(server.url());
    await server.stop();
    await opened.trail.record(published('while away'));
    expect(opened.lines()).toHaveLength(1);
    expect(opened.depth()).toBe(1);
    await server.start();
    await waitUntil(async () => (await opened.trail.repair()).stored === 1, { timeoutMs: 60_000 });
    expect(opened.depth()).toBe(0);
    expect(opened.lines()).toHaveLength(1);
    await opened.close();
    await server.drop();
  });
});

async function countRows(): Promise<number> {
  const { rows } = await database.pool.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM audit_event',
  );
  return rows[0]?.count ?? -1;
}
