import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Secret } from '@swfx/config';
import {
  createTestDatabase,
  createTestRedis,
  startTestPostgres,
  startTestRedis,
  waitUntil,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { openFoundation, type Foundation } from './foundation';
import { databaseCheck, redisCheck } from './health';
import { startHeartbeat } from './heartbeat';
import { startOperationsListener } from './operations-listener';
import { serviceVersion } from './version';

function foundationOf(databaseUrl: string, redisUrl: string): Foundation {
  const folder = mkdtempSync(join(tmpdir(), 'service-'));
  return openFoundation(
    {
      ENVIRONMENT: 'test',
      DATABASE_URL: new Secret(databaseUrl),
      DATABASE_POOL_MAX: 3,
      REDIS_URL: new Secret(redisUrl),
      LOG_LEVEL: 'error',
      ACCESS_LOG_FILE: join(folder, 'access.log'),
      AUDIT_LOG_FILE: join(folder, 'audit.log'),
      AUDIT_VALIDATION: 'hard',
      SPOOL_DIR: join(folder, 'spool'),
    },
    { service: 'test-service', metrics: [], registry: new Registry() },
  );
}

async function listen(foundation: Foundation, options: { metricsEnabled?: boolean; ready?: boolean } = {}) {
  const listener = await startOperationsListener({
    ...foundation,
    host: '127.0.0.1',
    port: 0,
    metricsEnabled: options.metricsEnabled ?? true,
    version: serviceVersion,
    checks: { database: databaseCheck(foundation.pool), redis: redisCheck(foundation.redis) },
    ready: () => (options.ready === false ? { ready: false, reason: 'not yet' } : { ready: true }),
  });
  foundation.lifecycle.onStop('operations listener', () => listener.stop());
  return (path: string) => fetch(`http://127.0.0.1:${listener.port}${path}`);
}

describe('the operations listener', () => {
  it('answers in the published shapes', async () => {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    const foundation = foundationOf(database.url, redis.url);
    const get = await listen(foundation);
    await waitUntil(async () => (await get('/health')).status === 200, { timeoutMs: 60_000 });
    expect(await (await get('/health')).json()).toEqual({
      status: 'healthy',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      version: serviceVersion,
      checks: { database: 'healthy', redis: 'healthy' },
    });
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    const unknown = await get('/nothing');
    expect(unknown.headers.get('content-type')).toContain('application/problem+json');
    expect(await unknown.json()).toMatchObject({ status: 404, code: 'not_found' });
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toContain('http_requests_total{method="GET",endpoint="/livez",status="200"} 1');
    expect(metrics).toContain('http_requests_total{method="GET",endpoint="unmatched",status="404"} 1');
    expect(metrics).toContain('app_build_info{service="test-service",version=');
    await foundation.lifecycle.stop();
    await Promise.all([database.drop(), redis.drop()]);
  });

  it('has no /metrics when they are off, and keeps its health', async () => {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    const foundation = foundationOf(database.url, redis.url);
    const get = await listen(foundation, { metricsEnabled: false, ready: false });
    expect((await get('/metrics')).status).toBe(404);
    expect((await get('/livez')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(503);
    await foundation.lifecycle.stop();
    await Promise.all([database.drop(), redis.drop()]);
  });

  it('names what is down or hangs, and is well again without a restart', async () => {
    const [postgres, redis] = await Promise.all([startTestPostgres(), startTestRedis()]);
    const foundation = foundationOf(postgres.url(), redis.url);
    const get = await listen(foundation);
    const reports = async (checks: Record<string, string>) => {
      const answer = await get('/health');
      const report = (await answer.json()) as { checks: Record<string, string> };
      const healthy = Object.values(checks).every((state) => state === 'healthy');
      return (
        answer.status === (healthy ? 200 : 503) && JSON.stringify(report.checks) === JSON.stringify(checks)
      );
    };
    const seen = (database: string, redisState: string) =>
      waitUntil(() => reports({ database, redis: redisState }), { timeoutMs: 60_000 });

    await seen('healthy', 'healthy');
    await postgres.stop();
    await seen('unhealthy', 'healthy');
    await postgres.start();
    await seen('healthy', 'healthy');
    await redis.pause();
    await seen('healthy', 'unhealthy');
    await redis.resume();
    await seen('healthy', 'healthy');
    await foundation.lifecycle.stop();
    await Promise.all([postgres.drop(), redis.drop()]);
  });
});

describe('startHeartbeat', () => {
  it('makes an instance known while it lives', async () => {
    const database = await createTestDatabase();
    const heartbeat = startHeartbeat(database.pool, {
      service: 'test-service',
      version: '1',
      tasks: ['db_backup'],
    });
    const known = async () => (await database.pool.query('SELECT service, tasks FROM service_instance')).rows;
    await waitUntil(async () => (await known()).length === 1, { timeoutMs: 60_000 });
    expect(await known()).toEqual([{ service: 'test-service', tasks: ['db_backup'] }]);
    await heartbeat.stop();
    expect(await known()).toEqual([]);
    await database.drop();
  });
});
