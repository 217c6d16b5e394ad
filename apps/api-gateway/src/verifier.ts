/**
 * The half of the gateway that every role has: it knows the public keys and who is cut off, and makes a caller of a
 * request. Nothing in it can sign. It is ready once it has read both for the first time.
 */
import { BlockList } from 'node:net';
import type { MetricName } from '@swfx/metrics';
import {
  accessTokensRefused,
  createRefusalTally,
  type Foundation,
  type Readiness,
  startRefusalAudit,
} from '@swfx/service';
import { trustInRing, type KeySetTrust } from '@swfx/signing-keys';
import { createAuthenticate, type Authenticate } from './auth/authenticate';
import { createBreakGlass } from './auth/break-glass';
import {
  createClientAddress,
  createOriginOf,
  type ClientAddress,
  type OriginOf,
} from './auth/client-address';
import { startCutOffMirror } from './auth/cut-off-mirror';
import { keyMirrorMetrics, startKeyMirror, type KeyMirror } from './auth/key-mirror';
import { startKeyMirrorAcks } from './auth/key-mirror-acks';
import { createRefusalReport } from './auth/key-mirror-refusals';
import { createBreakGlassReport } from './auth/report-break-glass';
import type { PatternRule } from './auth/suspicion/pattern-counter';
import {
  createSuspicionWatch,
  type CountedPattern,
  type SuspicionWatch,
} from './auth/suspicion/suspicion-watch';
import { createVerifiedTokens } from './auth/verified-tokens';
import type { GatewayConfig } from './config';

export const verifierMetrics: readonly MetricName[] = [
  ...keyMirrorMetrics,
  'token_verifications_total',
  'token_verification_cache_total',
  'token_cut_off_age_seconds',
  'suspicious_activity_total',
];

export interface Verifier {
  mirror: KeyMirror;
  authenticate: Authenticate;
  originOf: OriginOf;
  clientAddress: ClientAddress;
  suspicion: SuspicionWatch;
  readiness(): Readiness;
}

/** Starts it; it stops with the foundation's lifecycle. */
export function startVerifier(foundation: Foundation, config: GatewayConfig): Verifier {
  const { pool, redis, facts, audit, metrics, logger, lifecycle } = foundation;
  const clockSkewSeconds = config.JWT_CLOCK_SKEW_SECONDS;
  const tokenTtlSeconds = config.ACCESS_TOKEN_TTL_SECONDS;
  const copies = {
    db: pool,
    facts,
    metrics,
    logger,
    pollSeconds: config.KEY_SET_POLL_SECONDS,
    tokenLifeSeconds: tokenTtlSeconds + 2 * clockSkewSeconds,
  };
  const refusals = createRefusalReport(foundation);
  const mirror = startKeyMirror({ ...copies, trust: keySetTrustOf(config), refusals });
  lifecycle.onStop('key mirror', () => mirror.stop());
  const acks = startKeyMirrorAcks({
    db: pool,
    redis,
    mirror,
    logger,
    leaseSeconds: config.VERIFIER_LEASE_SECONDS,
    tokenTtlSeconds,
    clockSkewSeconds,
  });
  lifecycle.onStop('key acknowledgements', () => acks.stop());
  const cutOffs = startCutOffMirror({ ...copies, clockSkewSeconds });
  lifecycle.onStop('cut-off mirror', () => cutOffs.stop());

  const tally = createRefusalTally();
  lifecycle.onStop(
    'refusal audit',
    startRefusalAudit({ tally, eventOf: accessTokensRefused, audit, logger }),
  );
  const suspicion = createSuspicionWatch({ ...foundation, rules: suspicionRules(config) });
  lifecycle.onStop('suspicion watch', () => suspicion.settled());
  const emergencies = createBreakGlassReport(foundation);
  lifecycle.onStop('break-glass report', () => emergencies.settled());

  const policy = { issuer: config.TOKEN_ISSUER, audience: config.TOKEN_AUDIENCE, clockSkewSeconds };
  const tokens = createVerifiedTokens({
    keyOf: (kid) => mirror.keyOf(kid),
    policy,
    limit: config.TOKEN_CACHE_MAX_TOKENS,
    onResult: (result) => metrics.increment('token_verification_cache_total', { result }),
  });
  const emergencyKey = config.BREAK_GLASS_PUBLIC_KEY;
  const breakGlass = emergencyKey && { ...createBreakGlass(emergencyKey, policy), used: emergencies.used };
  const originOf = createOriginOf(config.TRUSTED_PROXIES ?? new BlockList());
  const clientAddress = createClientAddress(originOf);
  const watch = { mirror, clientAddress, suspicion };
  return {
    ...watch,
    originOf,
    authenticate: createAuthenticate({ ...watch, tally, tokens, cutOffs, breakGlass, metrics }),
    readiness: () => {
      if (!mirror.keySet()) return { ready: false, reason: 'no key set has been read yet' };
      if (!cutOffs.known()) return { ready: false, reason: 'it is not known yet who is cut off' };
      return { ready: true };
    },
  };
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
