/**
 * The gateway's wiring. It verifies and forwards with Redis down, and with Postgres down once it has a key set; it
 * starts with both down, and is ready as soon as it has read its first set and who is cut off. An edge has no issuer:
 * nothing that signs is handed to anything that is wired here.
 */
import type { Metrics } from '@swfx/metrics';
import {
  healthChecks,
  startHttpServer,
  startOperations,
  startService,
  type Foundation,
  type StartedService,
} from '@swfx/service';
import { authenticateGuarded, createEdgeGuard, type EdgeGuard } from './auth/edge-guard';
import { issuerConfig, type GatewayConfig } from './config';
import { createControlPlane, type ControlPlaneOptions } from './control-plane';
import { countRequests, watchErrorRate } from './error-rate/watch-error-rate';
import { createIssuer, issuerMetrics } from './issuer';
import { createDataPlane } from './proxy/data-plane';
import { createIssuerForwarder } from './proxy/forward-to-issuer';
import { createRouteTable } from './proxy/route-table';
import { createUpstreamPools } from './proxy/upstream-pools';
import { startVerifier, verifierMetrics, type Verifier } from './verifier';

/** Requests in flight have this long to finish when the gateway stops. */
const drainMs = 20_000;

export type Gateway = StartedService<{ port: number; operationsPort: number }>;

/** Tests pass a registry of their own. */
export function createApp(
  config: GatewayConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<Gateway> {
  const metrics = [...verifierMetrics, ...issuerMetrics];
  return startService(config, { service: 'api-gateway', metrics, ...options }, (foundation) =>
    wire(config, foundation),
  );
}

async function wire(
  config: GatewayConfig,
  foundation: Foundation,
): Promise<{ port: number; operationsPort: number }> {
  const { logger, lifecycle } = foundation;
  const guard = await guardEdge(foundation, config);
  const verifier = startVerifier(foundation, config);
  const authenticate = guard ? authenticateGuarded(guard, verifier.authenticate) : verifier.authenticate;

  // What makes tokens stands on the inside, and lets nobody through to the platform.
  const routes = config.GATEWAY_ROLE === 'issuer' ? [] : config.ROUTES;
  const controlPlane = createControlPlane({
    ...foundation,
    ...verifier,
    issuer: issuerOf(foundation, config, verifier),
    backups: backupsOf(foundation, config, verifier),
    routes,
    jwksMaxAgeSeconds: config.JWKS_MAX_AGE_SECONDS,
    checks: healthChecks(foundation, []),
  });
  const pools = createUpstreamPools(routes);
  lifecycle.onStop('upstream pools', () => pools.stop());
  const handler = createDataPlane({
    ...foundation,
    ...verifier,
    authenticate,
    routes: createRouteTable(routes),
    pools,
    bodyMaxBytes: config.REQUEST_BODY_MAX_BYTES,
    deadlineMs: config.REQUEST_DEADLINE_SECONDS * 1000,
    controlPlane,
  });
  const http = await startHttpServer({ handler, host: config.HTTP_HOST, port: config.HTTP_PORT });
  // Without this Node itself would invite the body of a request that is yet to be let through.
  http.server.on('checkContinue', handler);
  lifecycle.onStop('http server', () => http.stop(drainMs), drainMs + 2_000);

  const errorRate = watchErrorRate({
    ...foundation,
    count: () => countRequests(foundation.metrics.registry),
    policy: {
      windowMs: config.ERROR_RATE_WINDOW_SECONDS * 1_000,
      minimumRequests: config.ERROR_RATE_MIN_REQUESTS,
      criticalPerMille: config.ERROR_RATE_CRITICAL_PER_MILLE,
      calmPerMille: config.ERROR_RATE_CALM_PER_MILLE,
    },
  });
  lifecycle.onStop('error rate', () => errorRate.stop());

  const ready = () => (guard && guard.rights() !== 'harmless' ? unsafe : verifier.readiness());
  const operationsPort = await startOperations(foundation, config, { tasks: [], ready });
  logger.info('The gateway is listening', { port: http.port, operations_port: operationsPort });
  return { port: http.port, operationsPort };
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

/** A progress that is watched ends after five minutes by itself. */
const backupDeadlineMs = 310_000;

/** The way to the admin API of backups, where there is one from here. */
function backupsOf(
  { logger, lifecycle }: Foundation,
  { BACKUP_ADMIN_URL: url }: GatewayConfig,
  { clientAddress }: Verifier,
): ControlPlaneOptions['backups'] {
  if (url === undefined) return undefined;
  const name = 'The admin API of backups';
  const forwarder = createIssuerForwarder({ url, clientAddress, logger, name, deadlineMs: backupDeadlineMs });
  lifecycle.onStop('backup connections', () => forwarder.stop());
  return forwarder.handler;
}

/** What makes tokens here, or the way to the gateway that does. */
function issuerOf(
  foundation: Foundation,
  config: GatewayConfig,
  { suspicion, clientAddress }: Verifier,
): ControlPlaneOptions['issuer'] {
  const ofIssuer = issuerConfig(config);
  if (ofIssuer) return createIssuer(foundation, ofIssuer, suspicion);
  const { logger, lifecycle } = foundation;
  const forwarder = createIssuerForwarder({ url: config.ISSUER_URL ?? '', clientAddress, logger });
  lifecycle.onStop('issuer connections', () => forwarder.stop());
  return { forward: forwarder.handler };
}
