import { errorMessage } from '@swfx/errors';
import type { Foundation } from './foundation';

const intervalMs = 10_000;

/**
 * Keeps the projections true: brings the audit file up to the table once Postgres answers, and hands on what the
 * spools hold. The returned function ends it.
 */
export function startUpkeep(
  foundation: Pick<Foundation, 'audit' | 'alerts' | 'logger'>,
): () => Promise<void> {
  const { audit, alerts, logger } = foundation;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  async function tidy(): Promise<void> {
    try {
      const { stored, appended } = await audit.repair();
      if (stored + appended > 0) logger.info('The audit trail was brought up to date', { stored, appended });
      await alerts.drain();
    } catch (error) {
      logger.debug('Upkeep waits for Postgres', { error: errorMessage(error) });
    }
    if (!stopping) timer = setTimeout(() => (current = tidy()), intervalMs);
  }
  current = tidy();
  return async () => {
    stopping = true;
    clearTimeout(timer);
    await current;
  };
}
