import type { Alerts } from '@swfx/alerts';
import { openFoundation, type Foundation, type FoundationConfig } from './foundation';
import { startUpkeep } from './upkeep';

/** A service that runs: what it told of itself (its ports, as a rule), its alerts, and its end. */
export type StartedService<Own> = Own & { alerts: Alerts; stop(): Promise<void> };

/**
 * Starts a service on its foundation: `wire` acquires what is its own and registers each undo with the lifecycle.
 * If that fails, everything is given up again before the error goes on. `stop()` gives it up in the same order.
 */
export async function startService<Own extends object>(
  config: FoundationConfig,
  self: Parameters<typeof openFoundation>[1],
  wire: (foundation: Foundation) => Promise<Own>,
): Promise<StartedService<Own>> {
  const foundation = openFoundation(config, self);
  const { lifecycle, alerts } = foundation;
  try {
    lifecycle.onStop('upkeep', startUpkeep(foundation));
    return { ...(await wire(foundation)), alerts, stop: () => lifecycle.stop() };
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}
