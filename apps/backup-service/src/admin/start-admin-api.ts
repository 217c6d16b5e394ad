import {
  accessTokensRefused,
  createRefusalTally,
  startHttpServer,
  startRefusalAudit,
  type Foundation,
  type HttpServer,
} from '@swfx/service';
import type { BackupConfig } from '../config';
import type { RestoreWork } from '../restore/restore-work';
import { createAdminApi } from './admin-api';
import { createAuthenticate } from './authenticate';
import { createRequestBudget } from './request-budget';
import { createProgressSender } from './send-progress';

/**
 * Starts the admin API on a port of its own, where it is known whose signature on the key set is believed; undefined
 * where it is not, since then no token could be verified. It stops with the foundation's lifecycle.
 */
export async function startAdminApi(
  foundation: Foundation,
  config: BackupConfig,
  restoreWork: RestoreWork,
): Promise<HttpServer | undefined> {
  const { KEY_SET_TRUST: trust } = config;
  const { pool, metrics, logger, lifecycle } = foundation;
  if (!trust) {
    logger.info('There is no admin API: KEY_SET_TRUST is not given');
    return undefined;
  }
  const stopping = new AbortController();
  const policy = {
    issuer: config.TOKEN_ISSUER,
    audience: config.TOKEN_AUDIENCE,
    clockSkewSeconds: config.JWT_CLOCK_SKEW_SECONDS,
  };
  const tally = createRefusalTally();
  const eventOf = accessTokensRefused;
  lifecycle.onStop('refusal audit', startRefusalAudit({ ...foundation, tally, eventOf }));
  const budget = createRequestBudget(config.ADMIN_REQUESTS_PER_MINUTE);
  const handler = createAdminApi({
    ...foundation,
    authenticate: createAuthenticate({ db: pool, trust, policy, budget, tally, metrics, logger }),
    restoreWork,
    progress: createProgressSender({ stopping: stopping.signal }),
    production: config.ENVIRONMENT === 'production',
    approvalSeconds: config.RESTORE_APPROVAL_SECONDS,
  });
  const server = await startHttpServer({ handler, host: config.ADMIN_HOST, port: config.ADMIN_PORT });
  lifecycle.onStop('admin API', () => {
    stopping.abort();
    return server.stop(5_000);
  });
  return server;
}
