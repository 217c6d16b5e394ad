import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import {
  createTestDatabase,
  createTestRedis,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import type { FoundationConfig } from './foundation';
import { workerMetrics } from './shared-metrics';
import { startOperations } from './start-operations';
import { startService } from './start-service';

const folder = mkdtempSync(join(tmpdir(), 'service-'));
let database: TestDatabase;
let redis: TestRedis;
beforeAll(
  async () => void ([database, redis] = await Promise.all([createTestDatabase(), createTestRedis()])),
);
afterAll(async () => {
  await Promise.all([database.drop(), redis.drop()]);
  rmSync(folder, { recursive: true });
});

const config = (): FoundationConfig => ({
  ENVIRONMENT: 'test',
  DATABASE_URL: new Secret(database.url),
  DATABASE_POOL_MAX: 3,
  REDIS_URL: new Secret(redis.url),
  LOG_LEVEL: 'error',
  ACCESS_LOG_FILE: join(folder, 'access.log'),
  AUDIT_LOG_FILE: join(folder, 'audit.log'),
  AUDIT_VALIDATION: 'hard',
  SPOOL_DIR: join(folder, 'spool'),
});
const self = () => ({ service: 'test-service', metrics: workerMetrics, registry: new Registry() });
const operations = { PROMETHEUS_HOST: '127.0.0.1', PROMETHEUS_PORT: 0, PROMETHEUS_ENABLED: true };
const instances = async () => (await database.pool.query('SELECT service, tasks FROM service_instance')).rows;

test('a service shows that it lives and works, until it is stopped', async () => {
  const tasks = [{ name: 'db_backup', alive: () => true }];
  const service = await startService(config(), self(), async (foundation) => ({
    port: await startOperations(foundation, operations, { tasks, ready: () => ({ ready: true }) }),
  }));
  const url = `http://127.0.0.1:${service.port}`;
  const health = await waitUntil(async () => {
    const answer = await fetch(`${url}/health`);
    return answer.ok && ((await answer.json()) as object);
  });
  expect(health).toMatchObject({ checks: { database: 'healthy', redis: 'healthy', celery: 'healthy' } });
  expect(await (await fetch(`${url}/metrics`)).text()).toContain('celery_workers_active 1');
  await waitUntil(async () => (await instances()).length === 1);
  expect(await instances()).toEqual([{ service: 'test-service', tasks: ['db_backup'] }]);
  await service.stop();
  expect(await instances()).toEqual([]);
  await expect(fetch(url)).rejects.toThrow('fetch failed');
});

test('a start that fails gives up again what it had, last first, and says why it failed', async () => {
  const undone: string[] = [];
  const start = startService(config(), self(), async ({ lifecycle, pool }) => {
    lifecycle.onStop('first', () => void undone.push('first'));
    lifecycle.onStop('last', () => void undone.push(`last, ${pool.ended ? 'too late' : 'with its pool'}`));
    throw new Error('the port is taken');
  });
  await expect(start).rejects.toThrow('the port is taken');
  expect(undone).toEqual(['last, with its pool', 'first']);
});
