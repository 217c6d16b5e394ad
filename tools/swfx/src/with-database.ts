import { loadConfig, secretUrl, type Environment } from '@swfx/config';
import { createPool, type Pool } from '@swfx/database';
import { z } from 'zod';

const databaseConfig = z.object({
  DATABASE_URL: secretUrl('postgres', 'postgresql').describe('The ops database, as the operator.'),
});

/** Runs one command's work on the ops database that the environment names, and closes what it opened. */
export async function withDatabase<T>(
  environment: Environment,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const config = loadConfig(databaseConfig, environment);
  const pool = createPool({
    url: config.DATABASE_URL,
    applicationName: 'swfx',
    max: 2,
    onIdleError: () => undefined,
  });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}
