import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '@swfx/alerts';
import { loadConfig } from '@swfx/config';
import type { Metrics } from '@swfx/metrics';
import { createApp, type AlertDispatcher } from './app';
import { configSchema } from './config';

export const intakeToken = 'canary-intake-token';

/** A dispatcher in this process, on free ports, with what a test asks of it. */
export interface TestDispatcher extends AlertDispatcher {
  environment: Record<string, string>;
  /** Posts one alert, or a list of them. */
  postAlert(alert: unknown, token?: string): Promise<Response>;
  /** Posts to Alertmanager's intake. */
  postWebhook(webhook: unknown): Promise<Response>;
  get(path: '/metrics' | '/health' | '/readyz'): Promise<Response>;
  /** The value of one series, written as the exposition writes it. */
  metric(series: string): Promise<number>;
}

/** Starts one on a Postgres and a Redis; `registry` is a fresh one of prom-client. Only what differs is configured. */
export async function startTestDispatcher(options: {
  databaseUrl: string;
  redisUrl: string;
  registry: Metrics['registry'];
  settings?: Record<string, string>;
}): Promise<TestDispatcher> {
  const folder = await mkdtemp(join(tmpdir(), 'swfx-dispatcher-'));
  const environment = {
    ENVIRONMENT: 'test',
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    LOG_LEVEL: 'error',
    ACCESS_LOG_FILE: join(folder, 'access.log'),
    AUDIT_LOG_FILE: join(folder, 'audit.log'),
    SPOOL_DIR: join(folder, 'spool'),
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: '0',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    ALERT_INTAKE_TOKEN: intakeToken,
    SLACK_MAX_ALERTS_PER_HOUR: '1000',
    ...options.settings,
  };
  const app = await createApp(loadConfig(configSchema, environment), { registry: options.registry });
  const post = (path: string, body: unknown, token: string) =>
    fetch(`http://127.0.0.1:${app.intakePort}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const get = (path: string) => fetch(`http://127.0.0.1:${app.operationsPort}${path}`);
  return {
    ...app,
    environment,
    get,
    postAlert: (alert, token = intakeToken) => post('/v1/alerts', alert, token),
    postWebhook: (webhook) => post('/v1/alertmanager', webhook, intakeToken),
    async metric(series) {
      const lines = (await (await get('/metrics')).text()).split('\n');
      return Number(lines.find((line) => line.startsWith(`${series} `))?.slice(series.length + 1));
    },
    async stop() {
      await app.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An alert like any other, with its own incident. */
export function exampleAlert(changes: Partial<Alert> = {}): Alert {
  return {
    id: randomUUID(),
    incident: `backup:${randomUUID()}`,
    kind: 'backup_failed',
    severity: 'warning',
    title: 'Database backup failed',
    error: 'pg_dump: error: connection refused',
    context: { database: 'platform' },
    service: 'backup-service',
    env: 'test',
    traceId: 'trace',
    occurredAt: '2025-06-22T14:30:00.500Z',
    ...changes,
  };
}
