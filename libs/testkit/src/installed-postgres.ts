import { findPostgresPrograms, programFolders } from '@swfx/postgres-server';
import type { PostgresPrograms } from '@swfx/postgres-server';

/** The machine's newest Postgres, on PATH or off it. Throws a sentence that says how to get one. */
export async function installedPostgres(): Promise<PostgresPrograms> {
  const found = await findPostgresPrograms({ searchPaths: await programFolders(process.env['PATH']) });
  if (found.found) return found.programs;
  throw new Error(`${found.reason} \`npm test\` installs what the tests need.`);
}
