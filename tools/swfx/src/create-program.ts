/**
 * The commands that belong to no single service, and the help for all of them. The groups of the apps are listed here
 * for the help and for "did you mean"; the launcher has handed their words to the app's own bundle before this runs.
 */
import type { Environment } from '@swfx/config';
import { serviceVersion } from '@swfx/service';
import { Command, Help } from 'commander';
import { addDbCommands } from './db/db-commands';
import groups from './groups.json';
import { addLogsCommand } from './log/logs-command';
import { addStatusCommand } from './status/status-command';
import { addTasksCommands } from './tasks/tasks-commands';

/** The whole `swfx` program over one environment. */
export function createProgram(environment: Environment): Command {
  const program = new Command('swfx')
    .description('The operator’s commands of the platform.')
    .version(serviceVersion)
    .helpCommand(false)
    .configureHelp({ formatHelp: helpOfLeaves })
    .addHelpText('after', helpEnd);
  addStatusCommand(program, environment);
  addTasksCommands(program, environment);
  addLogsCommand(program, environment);
  addDbCommands(program, environment);
  for (const [name, group] of Object.entries(groups)) addAppGroup(program, name, group.commands);
  return program;
}

const helpEnd = `
Each command has --help, and --json for programs. Exit codes: 0 done, 1 failed, 2 asked wrongly or not configured.
Whoever has the ops database's credentials is the operator: DATABASE_URL and REDIS_URL, or what npm start wrote to
.swfx/operator.env (SWFX_STATE_DIR names another folder).`;

function addAppGroup(program: Command, name: string, commands: Record<string, string>): void {
  const group = program.command(name);
  for (const [command, summary] of Object.entries(commands)) {
    group
      .command(command)
      .description(summary)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() =>
        program.error(`error: ${name} belongs to an app; run it with npx swfx ${name} ${command}`),
      );
  }
}

/** Lists the commands themselves, by their names in full, where commander would list their groups. */
function helpOfLeaves(command: Command, helper: Help): string {
  const ofLeaves = Object.assign(helper, { visibleCommands: leaves, subcommandTerm: nameInFull });
  return Help.prototype.formatHelp.call(ofLeaves, command, ofLeaves);
}

function leaves(command: Command): Command[] {
  return command.commands.flatMap((child) => (child.commands.length > 0 ? leaves(child) : [child]));
}

function nameInFull(command: Command): string {
  const names = [];
  for (let at: Command | null = command; at?.parent; at = at.parent) names.unshift(at.name());
  return names.join(' ');
}
