/**
 * The gateway's wiring. It verifies and forwards with Redis down, and with Postgres down once it has a key set; it
 * starts with both down, and is ready as soon as it has read its first set and who is cut off. An edge has no issuer:
 * nothing that signs is handed to anything that is wired here.
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
  type Foundation,
} from '@swfx/service';
import { createEdgeGuard, type EdgeGuard } from './auth/edge-guard';
import { issuerConfig, type GatewayConfig } from './config';
import { createControlPlane, type ControlPlaneOptions } from './control-plane';
import { createIssuer, issuerMetrics } from './issuer';
import { createDataPlane } from './proxy/data-plane';
import { createIssuerForwarder } from './proxy/forward-to-issuer';
import { createRouteTable } from './proxy/route-table';
import { createUpstreamPools } from './proxy/upstream-pools';
import { startVerifier, verifierMetrics, type Verifier } from './verifier';

const service = 'api-gateway';
/** Requests in flight have this long to finish when the gateway stops. */
const drainMs = 20_000;

export interface Gateway {
  port: number;
  operationsPort: number;
  alerts: Foundation['alerts'];
  stop(): Promise<void>;
}

/** Tests pass a registry of their own. */
export async function createApp(
  config: GatewayConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<Gateway> {
  const metricNames = [...verifierMetrics, ...issuerMetrics];
  const foundation = openFoundation(config, { service, metrics: metricNames, ...options });
  const { pool, redis, metrics, access, logger, lifecycle } = foundation;
  try {
    lifecycle.onStop('upkeep', startUpkeep(foundation));
    const heartbeat = startHeartbeat(pool, { service, version: serviceVersion, tasks: [] });
    lifecycle.onStop('heartbeat', () => heartbeat.stop());
    const guard = await guardEdge(foundation, config);
    const verifier = startVerifier(foundation, config);

    // What makes tokens stands on the inside, and lets nobody through to the platform.
    const routes = config.GATEWAY_ROLE === 'issuer' ? [] : config.ROUTES;
    const checks = {
      database: databaseCheck(pool),
      redis: redisCheck(redis),
      celery: platformWorkersCheck(pool),
    };
    const controlPlane = createControlPlane({
      ...foundation,
      ...verifier,
      issuer: issuerOf(foundation, config, verifier),
      routes,
      jwksMaxAgeSeconds: config.JWKS_MAX_AGE_SECONDS,
      checks,
    });
    const pools = createUpstreamPools(routes);
    lifecycle.onStop('upstream pools', () => pools.stop());
    const handler = createDataPlane({
      routes: createRouteTable(routes),
      pools,
      authenticate: verifier.authenticate,
      originOf: verifier.originOf,
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
      ready: () => (guard?.isSafe() === false ? unsafe : verifier.readiness()),
    });
    lifecycle.onStop('operations listener', () => operations.stop(1_000));
    logger.info('The gateway is listening', { port: http.port, operations_port: operations.port });
    return {
      port: http.port,
      operationsPort: operations.port,
      alerts: foundation.alerts,
      stop: () => lifecycle.stop(),
    };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

const unsafe = {
  ready: false,
  reason: 'the rights of the database role are not known, or too many',
} as const;

/** An edge looks at the rights of its database role before it serves; the other roles need theirs. */
async function guardEdge(
  { pool, logger, lifecycle }: Foundation,
  config: GatewayConfig,
): Promise<EdgeGuard | undefined> {
  if (config.GATEWAY_ROLE !== 'edge') return undefined;
  const guard = createEdgeGuard({ db: pool, logger });
  lifecycle.onStop('edge guard', () => guard.stop());
  await guard.first();
  return guard;
}

/** What makes tokens here, or the way to the gateway that does. */
function issuerOf(
  foundation: Foundation,
  config: GatewayConfig,
  { tally, suspicion, clientAddress }: Verifier,
): ControlPlaneOptions['issuer'] {
  const ofIssuer = issuerConfig(config);
  if (ofIssuer) return createIssuer(foundation, ofIssuer, { tally, suspicion });
  const { logger, lifecycle } = foundation;
  const forwarder = createIssuerForwarder({ url: config.ISSUER_URL ?? '', clientAddress, logger });
  lifecycle.onStop('issuer connections', () => forwarder.stop());
  return { forward: forwarder.handler };
}
