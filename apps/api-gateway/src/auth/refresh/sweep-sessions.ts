/**
 * Forgets sessions that are over by time, with all their tokens: of users who come no more, nothing is kept that is of no
 * use. Every issuer does it, a bounded number at a time; the one that comes second finds less.
 */
import { isDatabaseUnavailable, type Pool, type Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';

const intervalMs = 3_600_000;
/** A statement that deletes is short. */
const batch = 1_000;

/** Sweeps at once and then every hour, until the returned function ends it. */
export function startSessionSweep({ db, logger }: { db: Pool; logger: Logger }): () => Promise<void> {
  let stopped = false;
  async function sweep(): Promise<void> {
    try {
      while (!stopped && (await sweepSessions(db)) === batch);
    } catch (error) {
      // An outage is told elsewhere, and the next hour will do.
      if (!isDatabaseUnavailable(error))
        logger.warn('Sessions that are over were not forgotten', { error: errorMessage(error) });
    }
  }
  let current = sweep();
  const timer = setInterval(() => (current = current.then(sweep)), intervalMs);
  return async () => {
    stopped = true;
    clearInterval(timer);
    await current;
  };
}

/** Forgets up to a batch of sessions whose time is over; returns how many there were. */
export async function sweepSessions(db: Queryable): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM refresh_family WHERE id IN (
       SELECT id FROM refresh_family WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED)`,
    [batch],
  );
  return rowCount ?? 0;
}
