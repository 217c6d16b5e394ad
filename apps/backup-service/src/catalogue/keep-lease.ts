import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';

export interface Lease {
  /** Aborted when another runner has taken the work over. */
  readonly lost: AbortSignal;
  /** Renews now: to show progress, or to be sure before a step that cannot be undone. Aborts `lost` if need be. */
  renew(): Promise<void>;
  stop(): Promise<void>;
}

const usualMs = 5_000;

/**
 * Keeps a lease alive while work goes on. A renewal that fails because Postgres is away is no loss: whoever would take
 * the work over needs Postgres too, and the next renewal tells.
 */
export function keepLease(renewal: () => Promise<boolean>, logger: Logger, everyMs: number = usualMs): Lease {
  const lost = new AbortController();
  let current: Promise<void> = Promise.resolve();

  async function renewOnce(): Promise<void> {
    try {
      if (!(await renewal())) lost.abort(new Error('another runner has taken this over'));
    } catch (error) {
      logger.debug('A lease could not be renewed', { error: errorMessage(error) });
    }
  }
  const renew = () => (current = current.then(renewOnce));
  const timer = setInterval(() => void renew(), everyMs);
  return {
    lost: lost.signal,
    renew,
    async stop() {
      clearInterval(timer);
      await current;
    },
  };
}
