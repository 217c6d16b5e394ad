/** The commands that change a user who is there. Each says what came of it, and fails where there is no such user. */
import { operatorName, printJson } from '@swfx/service';
import type { Command } from 'commander';
import { changeUser, type UserChange, type UserChangeResult } from '../auth/change-user';
import { hashPassword } from '../auth/password';
import { choosePassword, type PasswordChoice } from './choose-password';
import { describeChange } from './describe-user';
import { listedUser } from './listed-user';
import { withFoundation, type OperatorContext } from './with-foundation';
import { words } from './words';

interface OutputOptions {
  json?: boolean;
}
interface RightsOptions extends OutputOptions {
  scopes?: string[];
  roles?: string[];
}

export function addChangeCommands(users: Command, context: OperatorContext): void {
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
  addSetRights(users, context);
  addSetPassword(users, context);
}

function addSetRights(users: Command, context: OperatorContext): void {
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
}

function addSetPassword(users: Command, context: OperatorContext): void {
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
}

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
  if (!('user' in result)) process.exitCode = 1;
}

function changeAsJson(result: UserChangeResult): object {
  if (!('user' in result)) return { changed: false, user: null };
  const sessionsEnded = result.outcome === 'changed' ? result.sessionsEnded : 0;
  return {
    changed: result.outcome === 'changed',
    user: listedUser(result.user),
    sessions_ended: sessionsEnded,
  };
}
