/**
 * What every service stands on, opened in one order and closed in the reverse: loggers, metrics, the pool, Redis,
 * facts, the audit trail, alerts. Nothing here waits for Postgres or Redis: a service starts with both down, says so
 * in its health, and works as soon as they are there.
 */
import { join } from 'node:path';
import { createAlerts, type Alerts } from '@swfx/alerts';
import { createAuditTrail, type AuditTrail } from '@swfx/audit';
import type { Secret } from '@swfx/config';
import { createPool, type Pool } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { createLoggers, type Logger } from '@swfx/logging';
import {
  closeRedis,
  connectRedis,
  createFacts,
  createNoSpool,
  createSpool,
  type Facts,
} from '@swfx/messaging';
import { createMetrics, type MetricName, type Metrics } from '@swfx/metrics';
import { createLifecycle, type Lifecycle } from './lifecycle';
import { observePool } from './observe-pool';
import { serviceMetrics } from './shared-metrics';
import { serviceVersion } from './version';

/** The part of a service's configuration that the foundation needs: `serviceSettings` of `@swfx/config`, parsed. */
export interface FoundationConfig {
  ENVIRONMENT: string;
  DATABASE_URL: Secret;
  DATABASE_POOL_MAX: number;
  REDIS_URL: Secret;
  LOG_LEVEL: string;
  ACCESS_LOG_FILE: string;
  AUDIT_LOG_FILE: string;
  AUDIT_VALIDATION: 'hard' | 'warn' | 'off';
  SPOOL_DIR: string;
  ALERT_INTAKE_URL?: string | undefined;
  ALERT_INTAKE_TOKEN?: Secret | undefined;
}

export interface Foundation {
  service: string;
  logger: Logger;
  access: Logger;
  metrics: Metrics;
  lifecycle: Lifecycle;
  pool: Pool;
  /** A connection for single commands, which fails fast while Redis is away. */
  redis: ReturnType<typeof connectRedis>;
  facts: Facts;
  audit: AuditTrail;
  alerts: Alerts;
}

export function openFoundation(
  config: FoundationConfig,
  self: {
    service: string;
    metrics: readonly MetricName[];
    registry?: Metrics['registry'];
    /** False for a command: it ends, and what it spooled would wait for ever. */
    spools?: boolean;
  },
): Foundation {
  const { service } = self;
  const environment = config.ENVIRONMENT;
  const loggers = createLoggers({
    service,
    environment,
    level: config.LOG_LEVEL,
    accessLogFile: config.ACCESS_LOG_FILE,
  });
  const { app: logger, access } = loggers;
  const lifecycle = createLifecycle(logger);
  lifecycle.onStop('loggers', () => loggers.close(), 2_000);

  const metrics = createMetrics({
    service,
    version: serviceVersion,
    environment,
    names: [...serviceMetrics, ...self.metrics],
    ...(self.registry ? { registry: self.registry } : {}),
  });
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: service,
    max: config.DATABASE_POOL_MAX,
    onIdleError: (error) => logger.debug('An idle Postgres connection broke', { error: errorMessage(error) }),
  });
  lifecycle.onStop('database pool', () => pool.end());
  observePool(pool, metrics);

  const redis = connectRedis({ url: config.REDIS_URL, name: service, role: 'command', logger });
  lifecycle.onStop('redis connection', () => closeRedis(redis));
  const facts = createFacts({ redisUrl: config.REDIS_URL, name: service, logger, metrics });
  lifecycle.onStop('facts', () => facts.stop());

  const openSpool = (part: string) =>
    self.spools === false ? createNoSpool() : createSpool({ folder: join(config.SPOOL_DIR, service, part) });
  const auditSpool = openSpool('audit');
  const audit = createAuditTrail({
    pool,
    service,
    environment,
    file: config.AUDIT_LOG_FILE,
    validation: config.AUDIT_VALIDATION,
    spool: auditSpool,
    logger,
    metrics,
  });
  lifecycle.onStop('audit trail', () => audit.close());
  const alerts = createAlerts({
    pool,
    facts,
    spool: openSpool('alerts'),
    intake:
      config.ALERT_INTAKE_URL && config.ALERT_INTAKE_TOKEN
        ? { url: config.ALERT_INTAKE_URL, token: config.ALERT_INTAKE_TOKEN }
        : undefined,
    service,
    environment,
    logger,
  });
  metrics.onScrape(() => {
    metrics.set('audit_spool_depth', auditSpool.depth());
    metrics.set('alert_spool_depth', alerts.spoolDepth());
    metrics.set('alert_spool_age_seconds', alerts.spoolAgeSeconds());
  });
  return { service, logger, access, metrics, lifecycle, pool, redis, facts, audit, alerts };
}
