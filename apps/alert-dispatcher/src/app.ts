/**
 * The alert dispatcher: takes alerts in, decides what becomes of each, and delivers them. An alert that it accepted
 * is delivered, or counted and explained; everything that this needs is in Postgres, so that any replica can go on
 * where another stopped.
 */
import { facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import {
  databaseCheck,
  observeWorkers,
  openFoundation,
  redisCheck,
  serviceVersion,
  startHeartbeat,
  startHttpServer,
  startOperationsListener,
  startUpkeep,
  workerMetrics,
  workersCheck,
  type Foundation,
} from '@swfx/service';
import { destinationsOf, type DispatcherConfig } from './config';
import { createDestination } from './deliver/create-destinations';
import { startDelivery } from './deliver/start-delivery';
import { acceptAlerts } from './intake/accept-alerts';
import { checkAcceptance } from './intake/check-acceptance';
import { createHeldAlerts } from './intake/held-alerts';
import { createIntake } from './intake/create-intake';
import { createToldStore } from './outage/told-in-outage';
import { createPollSoon } from './poll-soon';

const service = 'alert-dispatcher';

export interface AlertDispatcher {
  intakePort: number;
  operationsPort: number;
  alerts: Foundation['alerts'];
  stop(): Promise<void>;
}

export async function createApp(
  config: DispatcherConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<AlertDispatcher> {
  const foundation = openFoundation(config, {
    service,
    metrics: [
      ...workerMetrics,
      'alerts_sent_total',
      'alerts_failed_total',
      'alerts_suppressed_total',
      'alerts_possible_duplicates_total',
      'alert_delivery_seconds',
      'alert_oldest_undelivered_seconds',
      'alert_destination_breaker_open',
      'alert_queue_depth',
      'alerts_missing',
    ],
    ...options,
  });
  try {
    return await wire(config, foundation);
  } catch (error) {
    await foundation.lifecycle.stop();
    throw error;
  }
}

async function wire(config: DispatcherConfig, foundation: Foundation): Promise<AlertDispatcher> {
  const { logger, access, metrics, lifecycle, pool, redis } = foundation;
  if ((config.SLACK_WEBHOOK_URL || config.SLACK_BOT_TOKEN) && !config.SLACK_ALERTING_ENABLED)
    logger.warn('Slack is configured but SLACK_ALERTING_ENABLED is false: no alert is sent');

  lifecycle.onStop('upkeep', startUpkeep(foundation));
  const held = createHeldAlerts(redis, logger);
  const destinations = destinationsOf(config).map((settings) =>
    createDestination(settings, {
      timeoutMs: config.SLACK_TIMEOUT_SECONDS * 1000,
      slackApiUrl: config.SLACK_API_URL,
      links: { runbooks: config.ALERT_RUNBOOK_URL },
      policy: {
        maxPerHour: config.SLACK_MAX_ALERTS_PER_HOUR,
        digestDepth: config.ALERT_DIGEST_DEPTH,
        digestAgeSeconds: config.ALERT_DIGEST_AGE_SECONDS,
      },
    }),
  );
  const delivery = startDelivery({
    foundation,
    environment: config.ENVIRONMENT,
    redisUrl: config.REDIS_URL,
    held,
    told: createToldStore(redis),
    destinations,
    timeoutSeconds: config.SLACK_TIMEOUT_SECONDS,
    ttlSeconds: config.ALERT_TTL_SECONDS,
    policy: {
      repeatSeconds: config.ALERT_REPEAT_SECONDS,
      expireSeconds: config.ALERT_EXPIRE_SECONDS,
      routes: config.ALERT_ROUTES,
      destinations: destinations.map(({ destination }) => destination.name),
      fallback: config.ALERT_FALLBACK_DESTINATION,
    },
  });
  const graceMs = (config.SLACK_TIMEOUT_SECONDS + 5) * 1000;
  lifecycle.onStop('delivery', () => delivery.stop(graceMs), graceMs + 15_000);
  observeWorkers([delivery], metrics);
  const pollSoon = createPollSoon(() => delivery.poll());
  foundation.facts.subscribe(facts.alertRaised, pollSoon);

  const heartbeat = startHeartbeat(pool, { service, version: serviceVersion, tasks: [delivery.name] });
  lifecycle.onStop('heartbeat', () => heartbeat.stop());

  const intake = await startHttpServer({
    handler: createIntake({
      token: config.ALERT_INTAKE_TOKEN,
      foundation,
      environment: config.ENVIRONMENT,
      async accept(alerts) {
        await acceptAlerts({ pool, held, logger, expireSeconds: config.ALERT_EXPIRE_SECONDS }, alerts);
        pollSoon();
      },
    }),
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
  });
  lifecycle.onStop('intake', () => intake.stop());

  const operations = await startOperationsListener({
    host: config.PROMETHEUS_HOST,
    port: config.PROMETHEUS_PORT,
    metricsEnabled: config.PROMETHEUS_ENABLED,
    metrics,
    access,
    logger,
    version: serviceVersion,
    checks: {
      database: databaseCheck(pool),
      redis: redisCheck(redis),
      celery: workersCheck([delivery]),
    },
    ready: () => checkAcceptance({ pool, held }),
  });
  lifecycle.onStop('operations listener', () => operations.stop());

  logger.info('The alert dispatcher is up', {
    intakePort: intake.port,
    operationsPort: operations.port,
    alerting: config.SLACK_ALERTING_ENABLED,
  });
  const { alerts } = foundation;
  const ports = { intakePort: intake.port, operationsPort: operations.port };
  return { ...ports, alerts, stop: () => lifecycle.stop() };
}
