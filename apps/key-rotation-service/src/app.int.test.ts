import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { migrate } from '@swfx/database';
import { openFoundation, type Foundation, operatorConfig } from '@swfx/service';
import {
  createTestDatabase,
  createTestRedis,
  startTestPostgres,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { createApp, type KeyRotationService } from './app';
import { configSchema } from './config';
import { askForChange } from './operator/ask-for-change';
import { listKeys } from './operator/list-keys';
import { newRing } from './testing/start-rotator';

const ring = newRing('local');
const folder = mkdtempSync(join(tmpdir(), 'key-rotation-'));
const auditFile = join(folder, 'audit.log');
let redis: TestRedis;
const running: { stop(): Promise<void> }[] = [];

beforeAll(async () => {
  redis = await createTestRedis();
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((part) => part.stop()));
});
afterAll(() => redis.drop());

const environment = (databaseUrl: string) => ({
  ENVIRONMENT: 'test',
  DATABASE_URL: databaseUrl,
  REDIS_URL: redis.url,
  AUDIT_LOG_FILE: auditFile,
  SPOOL_DIR: join(folder, 'spool'),
  LOG_LEVEL: 'error',
});

async function start(databaseUrl: string, changes: Record<string, string> = {}): Promise<KeyRotationService> {
  const config = loadConfig(configSchema, {
    ...environment(databaseUrl),
    KEY_ENCRYPTION_KEYS: ring,
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: '0',
    ACCESS_LOG_FILE: join(folder, 'access.log'),
    ...changes,
  });
  const app = await createApp(config, { registry: new Registry() });
  running.push(app);
  return app;
}

/** What an operator's command stands on: the ops database with the operator's role, and Redis. */
function operate(databaseUrl: string): Foundation {
  const config = loadConfig(operatorConfig, environment(databaseUrl));
  const foundation = openFoundation(config, {
    service: 'key-rotation-service',
    metrics: [],
    registry: new Registry(),
  });
  running.push(foundation.lifecycle);
  return foundation;
}

const get = (app: KeyRotationService, path: string) => fetch(`http://127.0.0.1:${app.operationsPort}${path}`);
const ready = (app: KeyRotationService) =>
  waitUntil(async () => (await get(app, '/readyz')).status === 200, {
    timeoutMs: 90_000,
    describe: 'the service is ready',
  });
const metricsOf = async (app: KeyRotationService) => (await get(app, '/metrics')).text();

describe('the key-rotation service', () => {
  let database: TestDatabase;
  let serviceUrl: string;
  beforeEach(async () => {
    database = await createTestDatabase({ migrate: true });
    serviceUrl = await database.urlAs('swfx_rotation');
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((part) => part.stop()));
    await database.drop();
  });

  it('makes the first key by itself, is ready then, and exports every metric that is promised', async () => {
    const app = await start(serviceUrl);
    await ready(app);
    const metrics = await metricsOf(app);
    for (const line of [
      'jwt_key_rotation_total{env="test",operation="succeeded"} 1',
      'jwt_key_rotation_total{env="test",operation="noop"} 0',
      'jwt_key_rotation_total{env="test",operation="lock_contended"} 0',
      'jwt_key_rotation_total{env="test",operation="failed"} 0',
      'jwt_key_rotation_duration_seconds_count{env="test"} 1',
      'jwt_active_keys_total{env="test"} 1',
      'jwt_key_rotations_total 1',
      'jwt_key_retirements_total 0',
      'jwt_key_rotation_errors_total 0',
      'jwt_keys{state="pending"} 1',
      'jwt_keys{state="retired"} 0',
      'jwt_rotation_interval_seconds 300',
      'celery_task_total{task_name="jwt_key_rotation",status="success"} 1',
      'celery_task_total{task_name="jwt_key_rotation",status="failure"} 0',
      'celery_workers_active 1',
    ])
      expect(metrics).toContain(`\n${line}\n`);
    const next = /^jwt_next_rotation_timestamp_seconds (\S+)$/m.exec(metrics)?.[1];
    expect(Number(next) % 300).toBe(0);
    expect(metrics).toMatch(/^jwt_active_key_age_seconds \d+\.\d+$/m);
    expect(await (await get(app, '/health')).json()).toMatchObject({
      status: 'healthy',
      checks: { database: 'healthy', redis: 'healthy', celery: 'healthy' },
    });
    expect(readFileSync(auditFile, 'utf8')).toContain('"action":"jwt_key_rotated"');
  });

  it('rotates when an operator asks for it, and audits who did', async () => {
    const app = await start(serviceUrl);
    await ready(app);
    await database.pool.query(`UPDATE signing_key SET published_at = published_at - interval '10 minutes'`);
    const operator = operate(await database.urlAs('swfx_operator'));
    const request = { command: 'keys rotate', requestedBy: 'operator:test', waitMs: 60_000 };
    expect(await askForChange(operator, request)).toMatchObject({ state: 'succeeded', epoch: 2 });
    expect(await askForChange(operator, request)).toMatchObject({
      state: 'noop',
      result: expect.stringContaining('may sign at'),
    });
    const { epoch, keys } = await listKeys(operator.pool);
    expect(epoch).toBe(2);
    expect(keys.map(({ state }) => state)).toEqual(['active', 'pending', 'retiring']);
    const { rows } = await database.pool.query<{ record: string }>(
      `SELECT record FROM audit_event WHERE action = 'sensitive_operation_performed'`,
    );
    expect(JSON.parse(rows[0]?.record as string)).toMatchObject({
      actor: 'operator:test',
      command: 'keys rotate',
    });
    await waitUntil(async () => (await metricsOf(app)).includes('\njwt_active_keys_total{env="test"} 2\n'));
  });

  it('shows an operator a failure on purpose, up to its alert', async () => {
    const app = await start(serviceUrl);
    await ready(app);
    const operator = operate(await database.urlAs('swfx_operator'));
    const report = await askForChange(operator, {
      command: 'keys rotate --simulate-failure',
      requestedBy: 'operator:test',
      simulateFailure: true,
      waitMs: 60_000,
    });
    expect(report).toMatchObject({ state: 'failed', result: 'an operator asked this rotation to fail' });
    await waitUntil(
      async () => (await database.pool.query(`SELECT 1 FROM alert WHERE status = 'firing'`)).rowCount === 1,
    );
    expect(await metricsOf(app)).toContain('\njwt_key_rotation_errors_total 1\n');
  });

  it('leaves a request that nothing takes where it is', async () => {
    const operator = operate(await database.urlAs('swfx_operator'));
    const report = await askForChange(operator, {
      command: 'keys rotate',
      requestedBy: 'operator:test',
      waitMs: 0,
    });
    expect(report).toMatchObject({ state: 'queued', attempts: 0 });
  });

  it('does not start without a key that sealed what is stored', async () => {
    const app = await start(serviceUrl);
    await ready(app);
    await app.stop();
    await expect(start(serviceUrl, { KEY_ENCRYPTION_KEYS: newRing('other') })).rejects.toThrow(
      'signing keys are sealed with local, which KEY_ENCRYPTION_KEYS does not have',
    );
  });
});

describe('with a Postgres that comes later', () => {
  it('the service starts, says why it is not ready, works when Postgres is there, and says when it is gone', async () => {
    // A server that is killed must not forget what it has committed.
    const postgres = await startTestPostgres({ settings: { synchronous_commit: 'on' } });
    try {
      await migrate({ databaseUrl: postgres.url() });
      await postgres.stop();
      const app = await start(postgres.url());
      expect((await get(app, '/livez')).status).toBe(200);
      await waitUntil(async () => {
        const answer = await get(app, '/readyz');
        return answer.status === 503 && (await answer.text()).includes('ECONNREFUSED');
      });
      expect((await get(app, '/health')).status).toBe(503);

      await postgres.start();
      await ready(app);
      await postgres.kill();
      await waitUntil(async () => (await get(app, '/readyz')).status === 503);
      await postgres.start();
      await ready(app);

      await app.stop();
      await postgres.stop();
      const stranger = await start(postgres.url(), { KEY_ENCRYPTION_KEYS: newRing('other') });
      await postgres.start();
      await waitUntil(async () =>
        (await (await get(stranger, '/readyz')).text()).includes('sealed with local'),
      );
      await stranger.stop();
    } finally {
      await Promise.all(running.splice(0).map((part) => part.stop()));
      await postgres.drop();
    }
  });
});
