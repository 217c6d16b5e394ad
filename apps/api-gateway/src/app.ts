/**
 * The gateway's wiring. It verifies and forwards with Redis down, and with Postgres down once it has a key set; it
 * starts with both down, and is ready as soon as it has read its first set.
 */
import type { Metrics } from '@swfx/metrics';
import {
  databaseCheck,
  openFoundation,
  platformWorkersCheck,
  redisCheck,
  serviceVersion,
  startHeartbeat,
  startHttpServer,
  startOperationsListener,
  startUpkeep,
} from '@swfx/service';
import { startRefusalAudit } from './auth/audit-refusals';
import { createAuthenticate } from './auth/authenticate';
import { startKeyMirror } from './auth/key-mirror';
import { createLogin } from './auth/login';
import { createRefusalTally } from './auth/refusal-tally';
import type { GatewayConfig } from './config';
import { createControlPlane } from './control-plane';
import { createDataPlane } from './proxy/data-plane';
import { createRouteTable } from './proxy/route-table';
import { createUpstreamPools } from './proxy/upstream-pools';

const service = 'api-gateway';
/** Requests in flight have this long to finish when the gateway stops. */
const drainMs = 20_000;

export interface Gateway {
  port: number;
  operationsPort: number;
  stop(): Promise<void>;
}

/** Tests pass a registry of their own. */
export async function createApp(
  config: GatewayConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<Gateway> {
  const foundation = openFoundation(config, {
    service,
    metrics: ['token_verifications_total', 'jwt_key_set_epoch', 'jwt_key_set_age_seconds'],
    ...options,
  });
  const { pool, redis, facts, audit, metrics, access, logger, lifecycle } = foundation;
  try {
    lifecycle.onStop('upkeep', startUpkeep(foundation));
    const heartbeat = startHeartbeat(pool, { service, version: serviceVersion, tasks: [] });
    lifecycle.onStop('heartbeat', () => heartbeat.stop());

    const mirror = startKeyMirror({
      db: pool,
      facts,
      metrics,
      logger,
      pollSeconds: config.KEY_SET_POLL_SECONDS,
      tokenLifeSeconds: config.ACCESS_TOKEN_TTL_SECONDS + 2 * config.JWT_CLOCK_SKEW_SECONDS,
    });
    lifecycle.onStop('key mirror', () => mirror.stop());
    const tally = createRefusalTally();
    lifecycle.onStop('refusal audit', startRefusalAudit(tally, audit, logger));
    const issuer = config.TOKEN_ISSUER;
    const audience = config.TOKEN_AUDIENCE;
    const clockSkewSeconds = config.JWT_CLOCK_SKEW_SECONDS;
    const authenticate = createAuthenticate({
      mirror,
      tally,
      metrics,
      policy: { issuer, audience, clockSkewSeconds },
    });
    const login = createLogin({
      db: pool,
      audit,
      logger,
      policy: {
        keyRing: config.KEY_ENCRYPTION_KEYS,
        issuer,
        audience,
        accessTokenTtlSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
      },
    });

    const checks = {
      database: databaseCheck(pool),
      redis: redisCheck(redis),
      celery: platformWorkersCheck(pool),
    };
    const controlPlane = createControlPlane({
      db: pool,
      mirror,
      authenticate,
      login,
      jwksMaxAgeSeconds: config.JWKS_MAX_AGE_SECONDS,
      checks,
      metrics,
      access,
      logger,
    });
    const pools = createUpstreamPools(config.ROUTES);
    lifecycle.onStop('upstream pools', () => pools.stop());
    const handler = createDataPlane({
      routes: createRouteTable(config.ROUTES),
      pools,
      authenticate,
      bodyMaxBytes: config.REQUEST_BODY_MAX_BYTES,
      deadlineMs: config.REQUEST_DEADLINE_SECONDS * 1000,
      metrics,
      access,
      logger,
      controlPlane,
    });
    const http = await startHttpServer({ handler, host: config.HTTP_HOST, port: config.HTTP_PORT });
    // Without this Node itself would invite the body of a request that is yet to be let through.
    http.server.on('checkContinue', handler);
    lifecycle.onStop('http server', () => http.stop(drainMs), drainMs + 2_000);

    const operations = await startOperationsListener({
      host: config.PROMETHEUS_HOST,
      port: config.PROMETHEUS_PORT,
      metricsEnabled: config.PROMETHEUS_ENABLED,
      metrics,
      access,
      logger,
      version: serviceVersion,
      checks,
      ready: () =>
        mirror.keySet() ? { ready: true } : { ready: false, reason: 'no key set has been read yet' },
    });
    lifecycle.onStop('operations listener', () => operations.stop(1_000));
    logger.info('The gateway is listening', { port: http.port, operations_port: operations.port });
    return { port: http.port, operationsPort: operations.port, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}
