import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import { openFoundation, type Foundation, type FoundationConfig } from '@swfx/service';
import { z } from 'zod';

/** What the commands need from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

export interface OperatorContext {
  environment: Environment;
  stdin: AsyncIterable<unknown>;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

/** Opens what a command stands on for as long as its work takes. */
export async function withFoundation<T>(
  context: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  // Standard output is the command's: only what a person must act on is logged beside it.
  const config: FoundationConfig = { ...loadConfig(operatorConfig, context.environment), LOG_LEVEL: 'error' };
  const { registry } = context;
  const foundation = openFoundation(config, {
    service: 'api-gateway',
    metrics: [],
    spools: false,
    ...(registry && { registry }),
  });
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}
