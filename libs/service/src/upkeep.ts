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
  const failing = new Set<string>();
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;
  let current: Promise<void> = Promise.resolve();

  async function tidy(): Promise<void> {
    await attempt('audit trail', async () => {
      const { stored, appended } = await audit.repair();
      if (stored + appended > 0) logger.info('The audit trail was brought up to date', { stored, appended });
    });
    await attempt('spooled alerts', () => alerts.drain());
    if (!stopping) timer = setTimeout(() => (current = tidy()), intervalMs);
  }

  /** An outage is told elsewhere; whatever else is in the way is told here, once. */
  async function attempt(part: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
      failing.delete(part);
    } catch (error) {
      if (!failing.has(part)) logger.warn('Upkeep waits', { part, error: errorMessage(error) });
      failing.add(part);
    }
  }
  current = tidy();
  return async () => {
    stopping = true;
    clearTimeout(timer);
    await current;
  };
}
