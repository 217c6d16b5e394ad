/**
 * The alert dispatcher: takes alerts in, decides what becomes of each, and delivers them. An alert that it accepted
 * is delivered, or counted and explained; everything that this needs is in Postgres, so that any replica can go on
 * where another stopped.
 */
import { facts } from '@swfx/messaging';
import type { MetricName, Metrics } from '@swfx/metrics';
import {
  startHttpServer,
  startOperations,
  startService,
  workerMetrics,
  type Foundation,
  type StartedService,
} from '@swfx/service';
import { destinationsOf, type DispatcherConfig } from './config';
import { createDestination, machinePolicy, type PlannedDestination } from './deliver/create-destinations';
import { startDelivery, type Delivery } from './deliver/start-delivery';
import { watchEngines } from './engines/watch-engines';
import { decideBeat } from './heartbeat/decide-beat';
import { createHeartbeatDestination } from './heartbeat/heartbeat-destination';
import { startBeats } from './heartbeat/start-beats';
import { acceptAlerts } from './intake/accept-alerts';
import { acceptTogether } from './intake/accept-together';
import { checkAcceptance } from './intake/check-acceptance';
import { createHeldAlerts } from './intake/held-alerts';
import { createIntake } from './intake/create-intake';
import { createToldStore } from './outage/told-in-outage';
import { createPollSoon } from './poll-soon';

type Ports = { intakePort: number; operationsPort: number };

export type AlertDispatcher = StartedService<Ports>;

const dispatcherMetrics: readonly MetricName[] = [
  'alerts_sent_total',
  'alerts_failed_total',
  'alerts_suppressed_total',
  'alerts_possible_duplicates_total',
  'alert_delivery_seconds',
  'alert_oldest_undelivered_seconds',
  'alert_destination_breaker_open',
  'alert_queue_depth',
  'alerts_missing',
  'alert_heartbeat_timestamp_seconds',
];

export function createApp(
  config: DispatcherConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<AlertDispatcher> {
  const metrics = [...workerMetrics, ...dispatcherMetrics];
  return startService(config, { service: 'alert-dispatcher', metrics, ...options }, (foundation) =>
    wire(config, foundation),
  );
}

async function wire(config: DispatcherConfig, foundation: Foundation): Promise<Ports> {
  const { logger, lifecycle, pool, redis } = foundation;
  if ((config.SLACK_WEBHOOK_URL || config.SLACK_BOT_TOKEN) && !config.SLACK_ALERTING_ENABLED)
    logger.warn('Slack is configured but SLACK_ALERTING_ENABLED is false: no alert is sent');

  const held = createHeldAlerts(redis, logger);
  const destinations = plannedDestinations(config);
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
  const pollSoon = createPollSoon(() => delivery.poll());
  foundation.facts.subscribe(facts.alertRaised, pollSoon);

  const accept = acceptTogether(async (alerts) => {
    await acceptAlerts({ pool, held, logger, expireSeconds: config.ALERT_EXPIRE_SECONDS }, alerts);
    pollSoon();
  });
  const engines = watchEngines({ foundation, environment: config.ENVIRONMENT, accept });
  lifecycle.onStop('engine watch', () => engines.stop());

  const intake = await startHttpServer({
    handler: createIntake({
      token: config.ALERT_INTAKE_TOKEN,
      foundation,
      environment: config.ENVIRONMENT,
      accept,
    }),
    host: config.HTTP_HOST,
    port: config.HTTP_PORT,
  });
  lifecycle.onStop('intake', () => intake.stop());
  startHeartbeat(config, foundation, { delivery, intakePort: intake.port });

  const ready = () => checkAcceptance({ pool, held });
  const operationsPort = await startOperations(foundation, config, { tasks: [delivery], ready });
  const ports = { intakePort: intake.port, operationsPort };
  logger.info('The alert dispatcher is up', { ...ports, alerting: config.SLACK_ALERTING_ENABLED });
  return ports;
}

/** Where alerts go, and the heartbeat last: nothing is sent anywhere while alerting is off. */
function plannedDestinations(config: DispatcherConfig): PlannedDestination[] {
  const timeoutMs = config.SLACK_TIMEOUT_SECONDS * 1000;
  const planned = destinationsOf(config).map((settings) =>
    createDestination(settings, {
      timeoutMs,
      slackApiUrl: config.SLACK_API_URL,
      links: { runbooks: config.ALERT_RUNBOOK_URL, page: config.ALERT_PAGE_URL },
      policy: {
        maxPerHour: config.SLACK_MAX_ALERTS_PER_HOUR,
        digestDepth: config.ALERT_DIGEST_DEPTH,
        digestAgeSeconds: config.ALERT_DIGEST_AGE_SECONDS,
      },
    }),
  );
  const url = config.ALERT_HEARTBEAT_URL;
  if (!url || planned.length === 0) return planned;
  return [...planned, { destination: createHeartbeatDestination({ url, timeoutMs }), policy: machinePolicy }];
}

/** Beats through the intake of this replica, where there is an address to beat for. */
function startHeartbeat(
  config: DispatcherConfig,
  { logger, lifecycle }: Foundation,
  { delivery, intakePort }: { delivery: Delivery; intakePort: number },
): void {
  if (!config.ALERT_HEARTBEAT_URL || !config.SLACK_ALERTING_ENABLED) return;
  const host = /^(0\.0\.0\.0|::)$/.test(config.HTTP_HOST) ? '127.0.0.1' : config.HTTP_HOST;
  const beats = startBeats({
    intake: {
      url: `http://${host.includes(':') ? `[${host}]` : host}:${intakePort}`,
      token: config.ALERT_INTAKE_TOKEN,
    },
    everySeconds: config.ALERT_HEARTBEAT_SECONDS,
    environment: config.ENVIRONMENT,
    decide: () => decideBeat(delivery.sample(), new Date()),
    logger,
  });
  lifecycle.onStop('heartbeat of alerts', () => beats.stop());
}
