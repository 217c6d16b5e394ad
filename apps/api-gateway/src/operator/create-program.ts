/**
 * The operator's commands on users. They need no more than the ops database: who may connect to it as the operator
 * may use them, and each that changes something is audited under the name of the operating system's user. A password
 * never stands on a command line, where every process of the machine could read it.
 */
import { printTable } from '@swfx/service';
import { Command } from 'commander';
import { listUsers } from '../auth/users';
import { addAddCommand } from './add-command';
import { addBreakGlassCommands } from './break-glass-commands';
import { addChangeCommands } from './change-commands';
import { listedUser, userColumns } from './listed-user';
import { withFoundation, type OperatorContext } from './with-foundation';

export function createProgram(context: OperatorContext): Command {
  const program = new Command('swfx').description('Users');
  const users = program.command('users').description('Who may log in at the gateway');
  addAddCommand(users, context);
  users
    .command('list')
    .description('The users, by address')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const rows = await withFoundation(context, ({ pool }) => listUsers(pool));
      printTable(rows.map(listedUser), userColumns, {
        json,
        empty: 'There is no user yet: npx swfx users add <email> --scopes "platform:read" --generate.',
      });
    });
  addChangeCommands(users, context);
  addBreakGlassCommands(users, context.environment);
  return program;
}
