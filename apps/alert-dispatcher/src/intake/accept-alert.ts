/**
 * Accepting an alert is a promise: it will be delivered, or counted and explained. It is given once the alert is
 * committed to Postgres or, while that is unreachable, is on the disk of a durable Redis. Otherwise the answer is 503,
 * so that the producer keeps the alert and tries again.
 */
import { storeAlert, type Alert } from '@swfx/alerts';
import { isDatabaseUnavailable, type Pool } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { HeldAlerts } from './held-alerts';

export interface AcceptanceDeps {
  pool: Pool;
  held: HeldAlerts;
  logger: Logger;
}

const retryAfterSeconds = 10;
/** Producers wait five seconds or more for an answer. */
const storeLimitMs = 3_000;
const tooLate = new Error('Postgres did not answer in time');

/** Keeps an alert safely; throws `database_unavailable` when there is no safe place for it now. */
export async function acceptAlert({ pool, held, logger }: AcceptanceDeps, alert: Alert): Promise<void> {
  try {
    await inTime(storeAlert(pool, alert));
  } catch (error) {
    if (!isDatabaseUnavailable(error) && error !== tooLate) throw error;
    if (!(await holdSafely(held, alert)))
      throw new AppError('database_unavailable', 'the alert cannot be kept safely now; send it again', {
        cause: error,
        retryAfterSeconds,
      });
    logger.warn('An alert is held in Redis until Postgres is back', {
      alertId: alert.id,
      incident: alert.incident,
      error: errorMessage(error),
    });
  }
}

async function holdSafely(held: HeldAlerts, alert: Alert): Promise<boolean> {
  try {
    if (!(await held.isDurable())) return false;
    await held.hold(alert);
    return true;
  } catch {
    return false;
  }
}

/** A Postgres that hangs must not hang the producer. Should it store the alert later after all, then it has it twice as one. */
async function inTime(storing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooLate), storeLimitMs);
  });
  await Promise.race([storing, limit]).finally(() => clearTimeout(timer));
}
