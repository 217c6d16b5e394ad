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
import { addUser } from '../auth/add-user';
import { changeUser, type UserChange, type UserChangeResult } from '../auth/change-user';
import { hashPassword } from '../auth/password';
import { effectiveScopes } from '../auth/roles';
import { listUsers } from '../auth/users';
import { choosePassword, type PasswordChoice } from './choose-password';
import { describeAddition, describeChange } from './describe-user';
import { addBreakGlassCommands } from './break-glass-commands';
import { listedUser, userColumns } from './listed-user';
import { words } from './words';

/** What the commands need from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

export interface OperatorContext {
  environment: Environment;
  stdin: AsyncIterable<unknown>;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

interface AddOptions extends PasswordChoice {
  scopes?: string[];
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
    .option('--scopes <scopes>', 'what they may do, such as "platform:read platform:write"', words)
    .option('--roles <roles>', 'their roles; "admin" brings the scope admin:users', words)
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a password and print it, once')
    .option('--if-absent', 'leave a user who is there already as they are')
    .option('--json', 'for programs')
    .action(async (email: string, options: AddOptions, command: Command) => {
      const { scopes = [], roles = [] } = options;
      if (effectiveScopes({ scopes, roles }).length === 0)
        return command.error('Give --scopes, or --roles with a role that brings some, such as admin.');
      const chosen = await choosePassword(options, context.stdin);
      if (chosen.outcome === 'refused') return command.error(chosen.problem);
      const { password } = chosen;
      const addition = await withFoundation(context, (foundation) =>
        addUser(foundation, {
          email,
          password,
          scopes,
          roles,
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

  for (const [name, summary] of [
    ['disable', 'Ends a user’s sessions and refuses their tokens at every gateway'],
    ['enable', 'Lets a disabled user log in again'],
  ] as const)
    users
      .command(name)
      .description(summary)
      .argument('<user>', 'e-mail address or id')
      .option('--json', 'for programs')
      .action((user: string, options: OutputOptions) =>
        change(context, { user, change: { kind: name }, done: `${name}d`, json: options.json }),
      );

  users
    .command('set-rights')
    .description('Gives a user other scopes or roles; their tokens are made anew')
    .argument('<user>', 'e-mail address or id')
    .option('--scopes <scopes>', 'all the scopes that they are to have', words)
    .option('--roles <roles>', 'all the roles that they are to have', words)
    .option('--json', 'for programs')
    .action((user: string, { json, scopes, roles }: RightsOptions, command: Command) => {
      if (!scopes && !roles) return command.error('Give --scopes, --roles or both.');
      return change(context, { user, change: { kind: 'rights', scopes, roles }, done: 'changed', json });
    });

  users
    .command('set-password')
    .description('Gives a user a new password and ends their sessions')
    .argument('<user>', 'e-mail address or id')
    .option('--password-stdin', 'read the password from standard input')
    .option('--generate', 'make a password and print it, once')
    .option('--json', 'for programs')
    .action(async (user: string, options: PasswordChoice & OutputOptions, command: Command) => {
      const chosen = await choosePassword(options, context.stdin);
      if (chosen.outcome === 'refused') return command.error(chosen.problem);
      const passwordHash = await hashPassword(chosen.password);
      await change(context, {
        user,
        change: { kind: 'password', passwordHash },
        done: 'given a new password',
        json: options.json,
        generated: options.generate ? chosen.password : undefined,
      });
    });
  addBreakGlassCommands(users, context.environment);
  return program;
}

interface OutputOptions {
  json?: boolean;
}
interface RightsOptions extends OutputOptions {
  scopes?: string[];
  roles?: string[];
}

/** Changes a user, says what came of it, and fails where there is no such user. */
async function change(
  context: OperatorContext,
  request: {
    user: string;
    change: UserChange;
    done: string;
    json: boolean | undefined;
    generated?: string | undefined;
  },
): Promise<void> {
  const result = await withFoundation(context, (foundation) =>
    changeUser(foundation, {
      user: request.user.includes('@') ? { email: request.user } : { id: request.user },
      change: request.change,
      requestedBy: operatorName(),
    }),
  );
  const password = result.outcome === 'changed' ? request.generated : undefined;
  if (request.json) printJson({ ...changeAsJson(result), password });
  else
    process.stdout.write(
      `${describeChange(result, request.done)}\n${password ? `Password: ${password}\n` : ''}`,
    );
  if (result.outcome === 'no-such-user') process.exitCode = 1;
}

function changeAsJson(result: UserChangeResult): object {
  if (result.outcome === 'no-such-user') return { changed: false, user: null };
  const sessionsEnded = result.outcome === 'changed' ? result.sessionsEnded : 0;
  return {
    changed: result.outcome === 'changed',
    user: listedUser(result.user),
    sessions_ended: sessionsEnded,
  };
}

function emailAddress(text: string): string {
  if (/^[^\s@]{1,64}@[^\s@]{1,189}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be an e-mail address.');
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
