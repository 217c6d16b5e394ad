/**
 * The operator's commands on backups. They need no more than the ops database: who may connect to it as the operator
 * may use them, and each that changes something is audited under the name of the operating system's user.
 */
import type { Environment } from '@swfx/config';
import { operatorName, printJson, printTable } from '@swfx/service';
import { Command, InvalidArgumentError } from 'commander';
import { listTargets } from '../catalogue/targets';
import { askForBackup } from './ask-for-backup';
import { chooseDatabase } from './choose-database';
import { backupColumns, listBackups } from './list-backups';
import { showBackup, summariseBackup } from './show-backup';
import { describeEnd, followRun } from './follow-run';
import { addCancelCommand } from './cancel-command';
import { addCopyCommand } from './copy-command';
import { addDrillCommand } from './drill-command';
import { addProveCommand } from './prove-command';
import { addRestoreCommands } from './restore-commands';
import { addRetentionCommand } from './retention-commands';
import { withFoundation } from './with-foundation';

export function createProgram(environment: Environment): Command {
  const program = new Command('swfx').description('Backups');
  const backup = program.command('backup').description('Backups: taken, proven, kept');

  backup
    .command('list')
    .description('The backups, newest first, each with its verdict')
    .option('--database <name>', 'of this database only')
    .option('--limit <count>', 'how many at most', positive, 20)
    .option('--json', 'for programs')
    .action(async ({ json, ...filter }: { database?: string; limit: number; json?: boolean }) => {
      const rows = await withFoundation(environment, ({ pool }) => listBackups(pool, filter));
      printTable(rows, backupColumns, {
        json,
        empty: 'There is no backup yet: npx swfx backup run takes one.',
      });
    });

  backup
    .command('run')
    .description('Takes a backup now, and tells how it goes')
    .argument('[database]', 'its name among the backup targets; may be left out where there is one')
    .option('--no-wait', 'ask, and do not wait for the outcome')
    .option('--json', 'for programs')
    .action(
      async (database: string | undefined, options: { wait: boolean; json?: boolean }, command: Command) => {
        const report = await withFoundation(environment, async (foundation) => {
          const choice = chooseDatabase(await listTargets(foundation.pool), database);
          if (!choice.chosen) return command.error(choice.problem, { exitCode: 2 });
          const id = await askForBackup(foundation, {
            database: choice.database,
            requestedBy: operatorName(),
          });
          return followRun(foundation.pool, id, { wait: options.wait, say: sayProgress });
        });
        if (options.json) printJson(report);
        else process.stdout.write(`${describeEnd(report)}\n`);
        if (options.wait && report.state !== 'succeeded') process.exitCode = 1;
      },
    );

  backup
    .command('show')
    .description('One backup in full: its manifest, hashes, verdict and tables')
    .argument('<id>', 'its id, or as much of the beginning as is unique')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: { json?: boolean }) => {
      const found = await withFoundation(environment, ({ pool }) => showBackup(pool, id));
      if (json) printJson(found);
      else process.stdout.write(`${summariseBackup(found)}\n`);
    });
  addProveCommand(backup, environment);
  addDrillCommand(backup, environment);
  addRestoreCommands(backup, environment);
  addRetentionCommand(backup, environment);
  addCancelCommand(backup, environment);
  addCopyCommand(backup, environment);
  return program;
}

function positive(value: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new InvalidArgumentError('It must be a whole number from 1.');
  return count;
}

/** Progress is for people who watch; the outcome alone is the command's output. */
function sayProgress(line: string): void {
  process.stderr.write(`${line}\n`);
}
