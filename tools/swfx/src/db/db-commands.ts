import { loadConfig, secretUrl, type Environment } from '@swfx/config';
import { migrate } from '@swfx/database';
import { printJson } from '@swfx/service';
import type { Command } from 'commander';
import { z } from 'zod';

/** `db migrate`: brings the ops database to the schema of this version. */
export function addDbCommands(program: Command, environment: Environment): void {
  program
    .command('db')
    .description('The ops database.')
    .command('migrate')
    .description('Bring the ops database to this version’s schema')
    .option('--json', 'one JSON document, for programs')
    .action((options: { json?: boolean }) => dbMigrate(environment, options));
}

const postgresUrl = () => secretUrl('postgres', 'postgresql');

async function dbMigrate(environment: Environment, { json }: { json?: boolean }): Promise<void> {
  const { applied } = await migrate({ databaseUrl: migrationUrl(environment) });
  if (json) return printJson({ applied });
  const sentence =
    applied.length > 0
      ? `Applied ${applied.join(', ')}.`
      : 'The ops database is up to date: nothing to apply.';
  process.stdout.write(`${sentence}\n`);
}

/** Migrations have a role of their own; where it has none, the operator's must do. */
function migrationUrl(environment: Environment): string {
  const { MIGRATION_DATABASE_URL } = loadConfig(
    z.object({ MIGRATION_DATABASE_URL: postgresUrl().optional() }),
    environment,
  );
  const url =
    MIGRATION_DATABASE_URL ?? loadConfig(z.object({ DATABASE_URL: postgresUrl() }), environment).DATABASE_URL;
  return url.reveal();
}
