import { startThrowawayPostgres } from '@swfx/postgres-server';
import type { PostgresServer } from '@swfx/postgres-server';
import { installedPostgres } from './installed-postgres';

/** Where global-setup leaves the server for global-teardown: Jest loads the two as separate modules. */
export const runState = globalThis as { swfxTestPostgres?: PostgresServer };

/** Starts one Postgres for a run of integration tests; suites create their databases on it, and their own Redis. */
export default async function globalSetup(): Promise<void> {
  const programs = await installedPostgres();
  const server = await startThrowawayPostgres({ programs, settings: { max_connections: 300 } });
  runState.swfxTestPostgres = server;
  process.env['SWFX_TEST_POSTGRES_URL'] = server.url();
}
