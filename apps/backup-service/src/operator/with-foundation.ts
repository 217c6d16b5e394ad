import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import { openFoundation, type Foundation } from '@swfx/service';
import { z } from 'zod';

/** What the commands need from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

/** Runs a command's work on the ops database and Redis, and closes both. */
export async function withFoundation<T>(
  environment: Environment,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  const config = loadConfig(operatorConfig, environment);
  // Standard output is the command's: only what a person must act on is logged beside it.
  const quiet = { ...config, LOG_LEVEL: 'error' };
  const foundation = openFoundation(quiet, { service: 'backup-service', metrics: [], spools: false });
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}
