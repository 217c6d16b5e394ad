/**
 * The half of the gateway that can sign: logins, sessions, users. An edge gateway never makes one, and so never holds
 * the ring that opens private keys.
 */
import type { MetricName } from '@swfx/metrics';
import { createRefusalTally, type Foundation, startRefusalAudit } from '@swfx/service';
import { createBoundedWork, type BoundedWork } from './auth/bounded-work';
import { createLogin, type Login } from './auth/login';
import { createLogout, type Logout } from './auth/refresh/logout';
import { createRefresh, type Refresh } from './auth/refresh/refresh';
import { refreshTokensRefused } from './auth/refresh/refresh-refusals';
import { startSessionSweep } from './auth/refresh/sweep-sessions';
import type { SuspicionWatch } from './auth/suspicion/suspicion-watch';
import { createLocalThrottle } from './auth/throttle/local-throttle';
import { createLoginGuard, type LoginGuard } from './auth/throttle/login-guard';
import { createRedisThrottle } from './auth/throttle/redis-throttle';
import { withFallback } from './auth/throttle/throttle-with-fallback';
import type { GatewayConfig, IssuerConfig } from './config';

export const issuerMetrics: readonly MetricName[] = [
  'token_refresh_total',
  'login_lockouts_total',
  'login_throttle_fallback_total',
];

export interface Issuer {
  login: Login;
  refresh: Refresh;
  logout: Logout;
  passwordChecks: BoundedWork;
}

/** Two at once leave Node's other background threads free; the rest wait for about a second at most. */
const passwordChecks = { atOnce: 2, waiting: 32 };

export function createIssuer(
  foundation: Foundation,
  config: IssuerConfig,
  suspicion: SuspicionWatch,
): Issuer {
  const { pool, audit, logger, lifecycle } = foundation;
  const mint = {
    keyRing: config.KEY_ENCRYPTION_KEYS,
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    accessTokenTtlSeconds: config.ACCESS_TOKEN_TTL_SECONDS,
  };
  const ttls = {
    tokenTtlSeconds: config.REFRESH_TOKEN_TTL_SECONDS,
    familyTtlSeconds: config.REFRESH_FAMILY_TTL_SECONDS,
  };
  const policy = { ...ttls, graceSeconds: config.REFRESH_GRACE_SECONDS };
  const checks = createBoundedWork(passwordChecks);
  const tally = createRefusalTally();
  const stopAudit = startRefusalAudit({ tally, eventOf: refreshTokensRefused, audit, logger });
  lifecycle.onStop('refresh refusal audit', stopAudit);
  lifecycle.onStop('session sweep', startSessionSweep({ db: pool, logger }));
  return {
    login: createLogin({
      db: pool,
      audit,
      mint,
      ttls,
      passwordChecks: checks,
      guard: loginGuard(foundation, config),
      suspicion,
      logger,
    }),
    refresh: createRefresh({ ...foundation, tally, mint, policy }),
    logout: createLogout(foundation),
    passwordChecks: checks,
  };
}

function loginGuard({ redis, audit, metrics }: Foundation, config: GatewayConfig): LoginGuard {
  const common = {
    lockMs: config.LOGIN_LOCK_SECONDS * 1000,
    lockMaxMs: config.LOGIN_LOCK_MAX_SECONDS * 1000,
    windowMs: config.LOGIN_FAILURE_WINDOW_SECONDS * 1000,
  };
  return createLoginGuard({
    throttle: withFallback(createRedisThrottle(redis), createLocalThrottle(), {
      onFallback: () => metrics.increment('login_throttle_fallback_total'),
    }),
    rules: {
      account: { ...common, freeFailures: config.LOGIN_ACCOUNT_FREE_FAILURES },
      address: { ...common, freeFailures: config.LOGIN_ADDRESS_FREE_FAILURES },
    },
    audit,
    metrics,
  });
}
