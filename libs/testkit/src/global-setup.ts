import { startThrowawayPostgres } from '@swfx/postgres-server';
import type { PostgresServer } from '@swfx/postgres-server';

/** Where global-setup leaves the server for global-teardown: Jest loads the two as separate modules. */
export const runState = globalThis as { swfxTestPostgres?: PostgresServer };

/** Starts one Postgres for a run of integration tests; suites create their databases on it, and their own Redis. */
export default async function globalSetup(): Promise<void> {
  const server = await startThrowawayPostgres({ settings: { max_connections: 300 } }).catch(explain);
  runState.swfxTestPostgres = server;
  process.env['SWFX_TEST_POSTGRES_URL'] = server.url();
}

function explain(error: Error): never {
  throw new Error(`No Postgres for the tests: ${error.message} \`npm test\` installs what is missing.`, {
    cause: error,
  });
}
