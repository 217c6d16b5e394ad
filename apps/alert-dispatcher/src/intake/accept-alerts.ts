/**
 * Accepting alerts is a promise: each will be delivered, or counted and explained. It is given once they are
 * committed to Postgres or, while that is unreachable, are on the disk of a durable Redis. Otherwise the answer is 503,
 * so that the producer keeps them and tries again.
 */
import { storeAlert, storeAlerts, type Alert } from '@swfx/alerts';
import { isDatabaseUnavailable, type Pool } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { touchAlerts } from '../decide/incident-rows';
import type { HeldAlerts } from './held-alerts';

export interface AcceptanceDeps {
  pool: Pool;
  held: HeldAlerts;
  logger: Logger;
  /** How much longer an incident holds of which an alert was posted again. */
  expireSeconds: number;
}

const retryAfterSeconds = 10;
/** Producers wait five seconds or more for an answer. */
const storeLimitMs = 3_000;
const tooLate = new Error('Postgres did not answer in time');

/** Keeps alerts safely, all or none; throws `database_unavailable` when there is no safe place for them now. */
export async function acceptAlerts(deps: AcceptanceDeps, alerts: readonly Alert[]): Promise<void> {
  if (alerts.length === 0) return;
  try {
    await inTime(store(deps, alerts));
  } catch (error) {
    if (!isDatabaseUnavailable(error) && error !== tooLate) throw error;
    if (!(await holdSafely(deps.held, alerts)))
      throw new AppError('database_unavailable', 'the alert cannot be kept safely now; send it again', {
        cause: error,
        retryAfterSeconds,
      });
    deps.logger.warn('Alerts are held in Redis until Postgres is back', {
      alertIds: alerts.slice(0, 10).map(({ id }) => id),
      count: alerts.length,
      error: errorMessage(error),
    });
  }
}

/** What was held is stored before it: an end that overtook its beginning would end nothing. */
async function store({ pool, held, expireSeconds }: AcceptanceDeps, alerts: readonly Alert[]): Promise<void> {
  await held.drain((alert) => storeAlert(pool, alert));
  if ((await storeAlerts(pool, alerts)) === alerts.length) return;
  const ids = alerts.map(({ id }) => id);
  await touchAlerts(pool, ids, expireSeconds);
}

async function holdSafely(held: HeldAlerts, alerts: readonly Alert[]): Promise<boolean> {
  try {
    if (!(await held.isDurable())) return false;
    await held.hold(alerts);
    return true;
  } catch {
    return false;
  }
}

/** A Postgres that hangs must not hang the producer. Should it store them later after all, then it has them twice as one. */
async function inTime(storing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate), storeLimitMs);
  });
  await Promise.race([storing, limit]).finally(() => clearTimeout(timer));
}
