import { loadConfig, secretUrl, type Environment, type Secret } from '@swfx/config';
import { createPool, type Pool } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { z } from 'zod';

/** Runs one command's work on the ops database that the environment names, and closes what it opened. */
export async function withDatabase<T>(
  environment: Environment,
  work: (pool: Pool) => Promise<T>,
): Promise<T> {
  const pool = createPool({
    url: operatorDatabaseUrl(environment, 'DATABASE_URL'),
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

/** The ops database's URL from the first of the variables that is set, or from the file that it names. */
export function operatorDatabaseUrl(environment: Environment, ...names: string[]): Secret {
  const name = names.find((candidate) => environment[candidate] || environment[`${candidate}_FILE`]);
  if (!name)
    throw new AppError(
      'invalid_configuration',
      `${names.join(' or ')} must be set; npm start does so for the local stack.`,
    );
  const field = secretUrl('postgres', 'postgresql');
  return loadConfig(z.object({ [name]: field }), environment)[name] as Secret;
}
