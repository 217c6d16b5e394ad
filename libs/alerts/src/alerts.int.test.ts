import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import { createPool, migrate, type Pool } from '@swfx/database';
import { createSilentLogger } from '@swfx/logging';
import { createFacts, createSpool, type Facts } from '@swfx/messaging';
import { createMetrics } from '@swfx/metrics';
import {
  createTestRedis,
  startHttpStandIn,
  startTestPostgres,
  waitUntil,
  type HttpStandIn,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import type { AlertDraft } from './alert';
import { createAlerts, type Alerts } from './alerts';

const draft: AlertDraft = {
  incident: 'backup:platform',
  kind: 'backup_failed',
  severity: 'critical',
  title: 'Database backup failed',
  error: 'pg_dump: error',
};

describe('raising alerts', () => {
  let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
  let redis: TestRedis;
  let pool: Pool;
  let facts: Facts;
  let folder: string;
  let intakeStatus = 202;
  let intake: HttpStandIn;

  beforeAll(async () => {
    [postgres, redis] = await Promise.all([startTestPostgres(), createTestRedis()]);
    await migrate({ databaseUrl: postgres.url() });
    intake = await startHttpStandIn(() => ({ status: intakeStatus, body: {} }));
    const url = new Secret(postgres.url());
    pool = createPool({ url, applicationName: 'test', max: 3, onIdleError: () => undefined });
    facts = createFacts({
      redisUrl: new Secret(redis.url),
      name: 'test',
      logger: createSilentLogger(),
      metrics: createMetrics({
        service: 'test',
        version: '1',
        environment: 'test',
        names: ['facts_ignored_total'],
        registry: new Registry(),
      }),
    });
  });
  beforeEach(async () => {
    await postgres.start();
    await waitUntil(() => pool.query('TRUNCATE alert CASCADE'));
    folder = await mkdtemp(join(tmpdir(), 'swfx-alerts-'));
    intakeStatus = 202;
    intake.requests.length = 0;
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  afterAll(async () => {
    await Promise.all([facts.stop(), pool.end(), intake.stop()]);
    await Promise.all([postgres.drop(), redis.drop()]);
  });

  const create = (options: { spoolLimit?: number } = {}): Alerts =>
    createAlerts({
      pool,
      facts,
      spool: createSpool({
        folder,
        ...(options.spoolLimit === undefined ? {} : { limit: options.spoolLimit }),
      }),
      intake: { url: intake.url, token: new Secret('intake-token') },
      service: 'backup-service',
      environment: 'test',
      logger: createSilentLogger(),
    });
  const stored = async () => (await pool.query('SELECT * FROM alert ORDER BY accepted_at, id')).rows;

  it('stores an alert in Postgres, and troubles nobody else', async () => {
    const alerts = create();
    await alerts.raise({ ...draft, context: { database: 'platform' } });
    expect(await stored()).toMatchObject([
      {
        incident: 'backup:platform',
        service: 'backup-service',
        env: 'test',
        context: { database: 'platform' },
      },
    ]);
    expect(intake.requests).toEqual([]);
    expect(alerts.spoolDepth()).toBe(0);
  });

  it('raises in a transaction only if that commits', async () => {
    const alerts = create();
    const client = await pool.connect();
    await client.query('BEGIN');
    await alerts.raiseIn(client, draft);
    await client.query('ROLLBACK');
    expect(await stored()).toEqual([]);
    await client.query('BEGIN');
    const id = await alerts.raiseIn(client, draft);
    await client.query('COMMIT');
    client.release();
    expect(await stored()).toMatchObject([{ id }]);
  });

  it('goes to the dispatcher over HTTP while Postgres is down', async () => {
    await postgres.stop();
    const alerts = create();
    await alerts.raise(draft);
    const [request] = await intake.received(1);
    expect(request).toMatchObject({ method: 'POST', path: '/v1/alerts' });
    expect(request?.headers.authorization).toBe('Bearer intake-token');
    expect(request?.json()).toMatchObject({ title: 'Database backup failed', service: 'backup-service' });
    expect(alerts.spoolDepth()).toBe(0);
  });

  it('spools while neither takes it, and hands on in order once one does', async () => {
    await postgres.stop();
    intakeStatus = 503;
    const alerts = create();
    for (const title of ['first', 'second', 'third']) await alerts.raise({ ...draft, title });
    expect(alerts.spoolDepth()).toBe(3);
    await expect(alerts.drain()).rejects.toThrow('the alert dispatcher answered 503');
    expect(alerts.spoolDepth()).toBe(3);

    await postgres.start();
    await waitUntil(() => pool.query('SELECT 1'));
    expect(await alerts.drain()).toBe(3);
    expect((await stored()).map((alert) => alert.title)).toEqual(['first', 'second', 'third']);
    expect(alerts.spoolDepth()).toBe(0);
  });

  it('never throws, even when nothing can keep the alert', async () => {
    await postgres.stop();
    intakeStatus = 401;
    const alerts = create({ spoolLimit: 1 });
    await alerts.raise(draft);
    await alerts.raise(draft);
    await alerts.raise({ ...draft, occurredAt: new Date(NaN) });
    expect(alerts.spoolDepth()).toBe(1);
  });

  it('loses no alert to its own text', async () => {
    const alerts = create();
    await alerts.raise({ ...draft, incident: '', title: '' });
    await alerts.raise({
      ...draft,
      title: `${'x'.repeat(499)}💣`,
      error: 'a\0b',
      context: { ['n'.repeat(500)]: '\ud800' },
    });
    expect(await stored()).toMatchObject([
      { incident: 'backup_failed', title: 'backup_failed' },
      { title: `${'x'.repeat(499)}\ufffd`, error: 'a\ufffdb', context: { ['n'.repeat(100)]: '\ufffd' } },
    ]);
  });

  it('keeps no credential that an error quotes', async () => {
    await create().raise({ ...draft, error: 'cannot reach postgres://backup:hunter2@db/platform' });
    expect(JSON.stringify(await stored())).not.toContain('hunter2');
  });
});
