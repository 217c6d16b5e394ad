import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';
import pg from 'pg';

/**
 * Brings the ops database to the newest schema, each migration in its own transaction under one advisory lock, so
 * that several callers at once are safe. Returns the names of the migrations that this call applied.
 */
export async function migrate(options: {
  databaseUrl: string;
  /** Folder of numbered `.sql` files; by default the one beside the bundle, or this library's own. */
  folder?: string;
  log?: (message: string) => void;
}): Promise<{ applied: string[] }> {
  const log = options.log ?? (() => undefined);
  return withClient(options.databaseUrl, async (dbClient) => {
    const applied = await runner({
      dbClient,
      dir: options.folder ?? migrationsFolder(),
      direction: 'up',
      migrationsTable: 'schema_migration',
      count: Infinity,
      advisoryLockMode: 'wait',
      logger: { debug: () => undefined, info: log, warn: log, error: log },
      verbose: false,
    });
    return { applied: applied.map((migration) => migration.name) };
  });
}

/** A connection of our own: the runner's would still be closing when it returns, and break unheard with the server. */
async function withClient<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function migrationsFolder(): string {
  const candidates = [join(__dirname, 'migrations'), join(__dirname, '..', 'migrations')];
  const found = candidates.find((folder) => existsSync(folder));
  if (!found) throw new Error(`no migrations folder at ${candidates.join(' or ')}`);
  return found;
}
