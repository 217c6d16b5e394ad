import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runner } from 'node-pg-migrate';

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
  const applied = await runner({
    databaseUrl: options.databaseUrl,
    dir: options.folder ?? migrationsFolder(),
    direction: 'up',
    migrationsTable: 'schema_migration',
    count: Infinity,
    advisoryLockMode: 'wait',
    logger: { debug: () => undefined, info: log, warn: log, error: log },
    verbose: false,
  });
  return { applied: applied.map((migration) => migration.name) };
}

function migrationsFolder(): string {
  const candidates = [join(__dirname, 'migrations'), join(__dirname, '..', 'migrations')];
  const found = candidates.find((folder) => existsSync(folder));
  if (!found) throw new Error(`no migrations folder at ${candidates.join(' or ')}`);
  return found;
}
