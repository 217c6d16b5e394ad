import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import type { Metrics } from '@swfx/metrics';
import { z } from 'zod';
import { openFoundation, type Foundation } from './foundation';

/** What an operator's command needs from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

/**
 * Opens what a command of `service` stands on for as long as its work takes. Standard output is the command's, so only
 * what a person must act on is logged beside it; and nothing is spooled, for a command ends and would never hand it on.
 * Tests, which run several commands in one process, pass a new registry each time.
 */
export async function withOperatorFoundation<T>(
  self: { service: string; environment: Environment; registry?: Metrics['registry'] | undefined },
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  const { service, environment, registry } = self;
  const config = { ...loadConfig(operatorConfig, environment), LOG_LEVEL: 'error' };
  const quiet = { service, metrics: [], spools: false };
  const foundation = openFoundation(config, registry ? { ...quiet, registry } : quiet);
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}
