/**
 * The gateway's wiring. It verifies and forwards with Redis down, and with Postgres down once it has a key set; it
 * starts with both down, and is ready as soon as it has read its first set and who is cut off. An edge has no issuer:
 * nothing that signs is handed to anything that is wired here.
 */
import { BlockList } from 'node:net';
import type { MetricName, Metrics } from '@swfx/metrics';
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
  type Readiness,
} from '@swfx/service';
import { trustInRing, type KeySetTrust } from '@swfx/signing-keys';
import { startRefusalAudit } from './auth/audit-refusals';
import { createAuthenticate } from './auth/authenticate';
import { createBreakGlass } from './auth/break-glass';
import { createClientAddress, type ClientAddress } from './auth/client-address';
import { startCutOffMirror } from './auth/cut-off-mirror';
import { createEdgeGuard } from './auth/edge-guard';
import { keyMirrorMetrics, startKeyMirror } from './auth/key-mirror';
import { startKeyMirrorAcks } from './auth/key-mirror-acks';
import { createRefusalReport } from './auth/key-mirror-refusals';
import { createRefusalTally, type RefusalTally } from './auth/refusal-tally';
import { createBreakGlassReport } from './auth/report-break-glass';
import type { PatternRule } from './auth/suspicion/pattern-counter';
import {
  createSuspicionWatch,
  type CountedPattern,
  type SuspicionWatch,
} from './auth/suspicion/suspicion-watch';
import { createVerifiedTokens } from './auth/verified-tokens';
import { issuerConfig, type GatewayConfig } from './config';
import { createControlPlane, type ControlPlaneOptions } from './control-plane';
import { createIssuer } from './issuer';
import { createDataPlane } from './proxy/data-plane';
import { createIssuerForwarder } from './proxy/forward-to-issuer';
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

const identityMetrics: readonly MetricName[] = [
  'token_verifications_total',
  'token_verification_cache_total',
  'token_refresh_total',
  'login_lockouts_total',
  'login_throttle_fallback_total',
  'suspicious_activity_total',
];

/** Tests pass a registry of their own. */
export async function createApp(
  config: GatewayConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<Gateway> {
  const foundation = openFoundation(config, {
    service,
    metrics: [...identityMetrics, ...keyMirrorMetrics],
    ...options,
  });
  const { pool, redis, facts, audit, metrics, access, logger, lifecycle } = foundation;
  try {
    lifecycle.onStop('upkeep', startUpkeep(foundation));
    const heartbeat = startHeartbeat(pool, { service, version: serviceVersion, tasks: [] });
    lifecycle.onStop('heartbeat', () => heartbeat.stop());

    const tokenLifeSeconds = config.ACCESS_TOKEN_TTL_SECONDS + 2 * config.JWT_CLOCK_SKEW_SECONDS;
    const mirror = startKeyMirror({
      db: pool,
      facts,
      metrics,
      logger,
      pollSeconds: config.KEY_SET_POLL_SECONDS,
      tokenLifeSeconds,
      trust: keySetTrustOf(config),
      refusals: createRefusalReport(foundation),
    });
    lifecycle.onStop('key mirror', () => mirror.stop());
    const acks = startKeyMirrorAcks({
      db: pool,
      redis,
      mirror,
      logger,
      leaseSeconds: config.VERIFIER_LEASE_SECONDS,
      tokenTtlSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
      clockSkewSeconds: config.JWT_CLOCK_SKEW_SECONDS,
    });
    lifecycle.onStop('key acknowledgements', () => acks.stop());
    const tally = createRefusalTally();
    lifecycle.onStop('refusal audit', startRefusalAudit(tally, audit, logger));
    const cutOffs = startCutOffMirror({
      db: pool,
      facts,
      logger,
      pollSeconds: config.KEY_SET_POLL_SECONDS,
      tokenLifeSeconds,
    });
    lifecycle.onStop('cut-off mirror', () => cutOffs.stop());
    const suspicion = createSuspicionWatch({ ...foundation, rules: suspicionRules(config) });
    lifecycle.onStop('suspicion watch', () => suspicion.settled());
    const clientAddress = createClientAddress(config.TRUSTED_PROXIES ?? new BlockList());
    const policy = {
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      clockSkewSeconds: config.JWT_CLOCK_SKEW_SECONDS,
    };
    const tokens = createVerifiedTokens({
      keyOf: (kid) => mirror.keyOf(kid),
      policy,
      limit: config.TOKEN_CACHE_MAX_TOKENS,
      onResult: (result) => metrics.increment('token_verification_cache_total', { result }),
    });
    const breakGlass = createBreakGlassReport(foundation);
    lifecycle.onStop('break-glass report', () => breakGlass.settled());
    const emergencyKey = config.BREAK_GLASS_PUBLIC_KEY;
    const authenticate = createAuthenticate({
      tokens,
      mirror,
      cutOffs,
      tally,
      suspicion,
      clientAddress,
      breakGlass: emergencyKey && { ...createBreakGlass(emergencyKey, policy), used: breakGlass.used },
      metrics,
    });
    const guard = createEdgeGuard({ db: pool, logger });
    lifecycle.onStop('edge guard', () => guard.stop());
    const isEdge = config.GATEWAY_ROLE === 'edge';
    if (isEdge) await guard.first();

    const checks = {
      database: databaseCheck(pool),
      redis: redisCheck(redis),
      celery: platformWorkersCheck(pool),
    };
    const controlPlane = createControlPlane({
      ...foundation,
      mirror,
      authenticate,
      clientAddress,
      issuer: issuerOf(foundation, config, { tally, suspicion, clientAddress }),
      routes: config.ROUTES,
      jwksMaxAgeSeconds: config.JWKS_MAX_AGE_SECONDS,
      checks,
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
        readiness([
          [mirror.keySet() !== undefined, 'no key set has been read yet'],
          [cutOffs.known(), 'it is not known yet who is cut off'],
          [!isEdge || guard.isSafe(), 'the rights of the database role are not known, or too many'],
        ]),
    });
    lifecycle.onStop('operations listener', () => operations.stop(1_000));
    logger.info('The gateway is listening', { port: http.port, operations_port: operations.port });
    return { port: http.port, operationsPort: operations.port, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

/** What makes tokens here, or the way to the gateway that does. */
function issuerOf(
  foundation: Foundation,
  config: GatewayConfig,
  watch: { tally: RefusalTally; suspicion: SuspicionWatch; clientAddress: ClientAddress },
): ControlPlaneOptions['issuer'] {
  const ofIssuer = issuerConfig(config);
  if (ofIssuer) return createIssuer(foundation, ofIssuer, watch);
  const { logger, lifecycle } = foundation;
  const forwarder = createIssuerForwarder({ url: config.ISSUER_URL ?? '', ...watch, logger });
  lifecycle.onStop('issuer connections', () => forwarder.stop());
  return { forward: forwarder.handler };
}

/** Ready when every condition holds; else the reason of the first that does not. */
function readiness(conditions: [holds: boolean, reason: string][]): Readiness {
  const failed = conditions.find(([holds]) => !holds);
  return failed ? { ready: false, reason: failed[1] } : { ready: true };
}

/** An edge is told whom to believe about the key set; whoever holds the ring can tell by it. */
function keySetTrustOf({ KEY_SET_TRUST: told, KEY_ENCRYPTION_KEYS: ring }: GatewayConfig): KeySetTrust {
  return told ?? (ring ? trustInRing(ring) : new Map());
}

function suspicionRules(config: GatewayConfig): Record<CountedPattern, PatternRule> {
  const windowSeconds = config.SUSPICIOUS_WINDOW_SECONDS;
  return {
    credential_stuffing: { threshold: config.SUSPICIOUS_LOGIN_ACCOUNTS, windowSeconds },
    signature_failures: { threshold: config.SUSPICIOUS_SIGNATURE_FAILURES, windowSeconds },
    unknown_kids: { threshold: config.SUSPICIOUS_UNKNOWN_KIDS, windowSeconds },
  };
}
