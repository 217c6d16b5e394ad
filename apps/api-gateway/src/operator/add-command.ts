import { operatorName, printJson } from '@swfx/service';
import { InvalidArgumentError, type Command } from 'commander';
import { addUser } from '../auth/add-user';
import { isEmailAddress } from '../auth/email-address';
import { effectiveScopes } from '../auth/roles';
import { choosePassword, type PasswordChoice } from './choose-password';
import { describeAddition } from './describe-user';
import { withFoundation, type OperatorContext } from './with-foundation';
import { words } from './words';

interface AddOptions extends PasswordChoice {
  scopes?: string[];
  roles?: string[];
  ifAbsent?: boolean;
  json?: boolean;
}

/** `swfx users add`. */
export function addAddCommand(users: Command, context: OperatorContext): void {
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
}

function emailAddress(text: string): string {
  if (isEmailAddress(text)) return text;
  throw new InvalidArgumentError('It must be an e-mail address.');
}
