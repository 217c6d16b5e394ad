import type { Environment } from '@swfx/config';
import { migrate } from '@swfx/database';
import { printJson } from '@swfx/service';
import type { Command } from 'commander';
import { operatorDatabaseUrl } from '../with-database';

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

async function dbMigrate(environment: Environment, { json }: { json?: boolean }): Promise<void> {
  // Migrations have a role of their own; where none is given, the operator's must do.
  const url = operatorDatabaseUrl(environment, 'MIGRATION_DATABASE_URL', 'DATABASE_URL');
  const { applied } = await migrate({ databaseUrl: url.reveal() });
  if (json) return printJson({ applied });
  const sentence =
    applied.length > 0
      ? `Applied ${applied.join(', ')}.`
      : 'The ops database is up to date: nothing to apply.';
  process.stdout.write(`${sentence}\n`);
}
