import type { Foundation } from './foundation';
import { databaseCheck, platformWorkersCheck, redisCheck, workersCheck, type HealthCheck } from './health';
import { startHeartbeat } from './heartbeat';
import { observeWorkers } from './observe-workers';
import { startOperationsListener, type OperationsListenerOptions } from './operations-listener';
import { serviceVersion } from './version';

/** A background task of this process, as `startTask` of `@swfx/messaging` returns it. */
export interface WatchedTask {
  name: string;
  alive(): boolean;
}

/** The part of a service's configuration that its operations listener needs. */
export interface OperationsConfig {
  PROMETHEUS_HOST: string;
  PROMETHEUS_PORT: number;
  PROMETHEUS_ENABLED: boolean;
}

/** The published three: Postgres, Redis, and workers: the service's own or, where it has none, any of the platform. */
export function healthChecks(
  { pool, redis }: Pick<Foundation, 'pool' | 'redis'>,
  tasks: readonly WatchedTask[],
): Record<string, HealthCheck> {
  return {
    database: databaseCheck(pool),
    redis: redisCheck(redis),
    celery: tasks.length > 0 ? workersCheck(tasks) : platformWorkersCheck(pool),
  };
}

/**
 * Makes a service visible: its heartbeat and workers in Postgres and metrics, and the listener for operators and
 * Prometheus. To be started last, so that it ends first: whoever asks is told no more than what still runs. Returns
 * the port that is listened on.
 */
export async function startOperations(
  foundation: Foundation,
  config: OperationsConfig,
  { tasks, ready }: { tasks: readonly WatchedTask[] } & Pick<OperationsListenerOptions, 'ready'>,
): Promise<number> {
  const { service, pool, metrics, lifecycle } = foundation;
  const names = tasks.map(({ name }) => name);
  const heartbeat = startHeartbeat(pool, { service, version: serviceVersion, tasks: names });
  lifecycle.onStop('heartbeat', () => heartbeat.stop());
  if (tasks.length > 0) observeWorkers(tasks, metrics);
  const listener = await startOperationsListener({
    ...foundation,
    host: config.PROMETHEUS_HOST,
    port: config.PROMETHEUS_PORT,
    metricsEnabled: config.PROMETHEUS_ENABLED,
    version: serviceVersion,
    checks: healthChecks(foundation, tasks),
    ready,
  });
  lifecycle.onStop('operations listener', () => listener.stop(1_000));
  return listener.port;
}
