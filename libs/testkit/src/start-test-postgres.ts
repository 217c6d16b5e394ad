import { prepareThrowawayPostgres, startPostgresServer } from '@swfx/postgres-server';
import { installedPostgres } from './installed-postgres';
import { startStoppableServer } from './stoppable-server';
import type { StoppableServer } from './stoppable-server';

/**
 * Starts a Postgres of this test's own, which can be stopped, killed, made to hang and brought back on its port
 * with its data. `url(database)` is the superuser's.
 */
export async function startTestPostgres(
  options: { settings?: Record<string, string | number> } = {},
): Promise<StoppableServer & { url: (database?: string) => string }> {
  const prepared = await prepareThrowawayPostgres({ programs: await installedPostgres(), ...options });
  const { port, password } = prepared.options;
  const url = (database = 'postgres'): string =>
    `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  const start = (): ReturnType<typeof startPostgresServer> => startPostgresServer(prepared.options);
  try {
    return { ...(await startStoppableServer({ port, start, remove: prepared.remove })), url };
  } catch (error) {
    await prepared.remove();
    throw error;
  }
}
