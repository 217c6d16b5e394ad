/**
 * The operator's commands on users. They need no more than the ops database: who may connect to it as the operator
 * may use them, and each that changes something is audited under the name of the operating system's user. A password
 * never stands on a command line, where every process of the machine could read it.
 */
import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import {
  openFoundation,
  operatorName,
  printJson,
  printTable,
  type Foundation,
  type FoundationConfig,
} from '@swfx/service';
import { Command, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { listUsers } from '../auth/users';
import { addUser, describeAddition } from './add-user';
import { choosePassword, type PasswordChoice } from './choose-password';
import { listedUser, userColumns } from './listed-user';

/** What the commands need from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

export interface OperatorContext {
  environment: Environment;
  stdin: AsyncIterable<unknown>;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

interface AddOptions extends PasswordChoice {
  scopes: string[];
  roles?: string[];
  ifAbsent?: boolean;
  json?: boolean;
}

export function createProgram(context: OperatorContext): Command {
  const program = new Command('swfx').description('Users');
  const users = program.command('users').description('Who may log in at the gateway');

  users
    .command('add')
    .description('Adds a user')
    .argument('<email>', 'the address that they log in with', emailAddress)
    .requiredOption('--scopes <scopes>', 'what they may do, such as "platform:read platform:write"', words)
    .option('--roles <roles>', 'names for people to know them by', words)
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a password and print it, once')
    .option('--if-absent', 'leave a user who is there already as they are')
    .option('--json', 'for programs')
    .action(async (email: string, options: AddOptions, command: Command) => {
      const chosen = await choosePassword(options, context.stdin);
      if (chosen.outcome === 'refused') return command.error(chosen.problem);
      const { password } = chosen;
      const addition = await withFoundation(context, (foundation) =>
        addUser(foundation, {
          email,
          password,
          scopes: options.scopes,
          roles: options.roles ?? [],
          requestedBy: operatorName(),
        }),
      );
      const generated = options.generate && addition.created ? password : undefined;
      if (options.json) printJson({ ...addition, password: generated });
      else process.stdout.write(`${describeAddition(addition, generated)}\n`);
      if (!addition.created && !options.ifAbsent) process.exitCode = 1;
    });

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
  return program;
}

function emailAddress(text: string): string {
  if (/^[^\s@]{1,64}@[^\s@]{1,189}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an e-mail address.');
}

/** Scopes and roles are words of RFC 6749 §3.3, separated by spaces. */
function words(text: string): string[] {
  const list = text.split(/\s+/).filter(Boolean);
  if (list.every((word) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(word))) return [...new Set(list)];
  throw new InvalidArgumentError('They must be words of printable ASCII without " and \\.');
}

async function withFoundation<T>(
  context: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  // Standard output is the command's: only what a person must act on is logged beside it.
  const config: FoundationConfig = { ...loadConfig(operatorConfig, context.environment), LOG_LEVEL: 'error' };
  const { registry } = context;
  const foundation = openFoundation(config, {
    service: 'api-gateway',
    metrics: [],
    ...(registry && { registry }),
  });
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}
