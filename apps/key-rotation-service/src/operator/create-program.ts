/**
 * The operator's commands on signing keys. They need no more than the ops database: who may connect to it as the
 * operator may use them, and each that changes something is audited under the name of the operating system's user. The
 * operator holds no key encryption key: what changes the set is a request, which a rotator carries out and signs.
 */
import { loadConfig, type Environment } from '@swfx/config';
import { AppError } from '@swfx/errors';
import {
  operatorConfig,
  operatorName,
  printJson,
  printTable,
  withOperatorFoundation,
  type Foundation,
} from '@swfx/service';
import { Command } from 'commander';
import { askForChange, describeReport, type AskedChange } from './ask-for-change';
import { confirmTyped, type AskPerson } from './confirm-typed';
import { doctorColumns } from './doctor/examine-keys';
import { runDoctor } from './doctor/run-doctor';
import { explainKey, hasKey, lifeColumns } from './explain-key';
import { keyColumns, listKeys } from './list-keys';

export interface OperatorContext {
  environment: Environment;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
  /** Asks the person at the terminal; undefined where there is none. */
  ask?: AskPerson | undefined;
}

interface ChangeOptions {
  wait: boolean;
  yes?: boolean;
  json?: boolean;
}
interface RotateOptions extends ChangeOptions {
  simulateFailure?: boolean;
  force?: boolean;
}

export function createProgram(context: OperatorContext): Command {
  const program = new Command('swfx').description('Signing keys');
  const keys = program.command('keys').description('Signing keys and their rotation');
  addReadingCommands(keys, context);
  addRotate(keys, context);
  addRevoke(keys, context);
  addRollback(keys, context);
  addRewrap(keys, context);
  addAdopt(keys, context);
  return program;
}

function addReadingCommands(keys: Command, context: OperatorContext): void {
  keys
    .command('list')
    .description('The keys of the set: what signs, what will, and what still verifies')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const { epoch, signer, keys: listed } = await withFoundation(context, ({ pool }) => listKeys(pool));
      if (json) return printJson({ epoch, signer, keys: listed });
      printTable(listed, keyColumns, { empty: 'There is no key yet: key-rotation-service makes the first.' });
    });

  keys
    .command('explain')
    .argument('<kid>')
    .description("A key's whole life: what happened to it, when, why, and who asked")
    .option('--json', 'for programs')
    .action(async (kid: string, { json }: { json?: boolean }) => {
      const life = await withFoundation(context, ({ pool }) => explainKey(pool, kid));
      if (!life) throw noSuchKey(kid);
      if (json) return printJson(life);
      process.stdout.write(`${life.summary}\n\n`);
      printTable(life.events, lifeColumns, { empty: 'The audit trail says nothing of it.' });
    });

  keys
    .command('doctor')
    .description('Looks for what would keep keys from rotating; ends with 1 when something must be done')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const findings = await withFoundation(context, runDoctor);
      printTable(findings, doctorColumns, { json });
      if (findings.some(({ state }) => state === 'fail')) process.exitCode = 1;
    });
}

function addRotate(keys: Command, context: OperatorContext): void {
  withChangeOptions(keys.command('rotate'))
    .description('Asks key-rotation-service to promote the standby now, and tells what came of it')
    .option('--force', 'whether or not the standby is old enough and every verifier has it')
    .option('--simulate-failure', 'try the alert: this rotation fails before it touches a key')
    .action(async (options: RotateOptions, command: Command) => {
      const { simulateFailure = false, force = false } = options;
      refuseInProduction(context, options, command);
      if (force) await confirmTyped('rotate', { ...options, ask: context.ask }, command);
      const flags = `${force ? ' --force' : ''}${simulateFailure ? ' --simulate-failure' : ''}`;
      await change(context, options, { command: `keys rotate${flags}`, force, simulateFailure });
    });
}

function addRevoke(keys: Command, context: OperatorContext): void {
  withChangeOptions(keys.command('revoke'))
    .argument('<kid>')
    .description('Ends a key at once, everywhere; every token that it signed is refused from then on')
    .action(async (kid: string, options: ChangeOptions, command: Command) => {
      await change(context, options, {
        command: `keys revoke ${kid}`,
        kind: 'revoke',
        kid,
        // Whoever revokes is in a hurry: a kid that was mistyped must not look like one that was revoked.
        agree: async ({ pool }) => {
          if (!(await hasKey(pool, kid))) throw noSuchKey(kid);
          await confirmTyped(kid, { ...options, ask: context.ask }, command);
        },
      });
    });
}

function noSuchKey(kid: string): AppError {
  return new AppError('not_found', `there has never been a key ${kid}`);
}

function addRollback(keys: Command, context: OperatorContext): void {
  withChangeOptions(keys.command('rollback'))
    .description('Lets the key sign again that signed before the last rotation, while it still verifies')
    .action(async (options: ChangeOptions, command: Command) => {
      await confirmTyped('rollback', { ...options, ask: context.ask }, command);
      await change(context, options, { command: 'keys rollback', kind: 'rollback' });
    });
}

function addRewrap(keys: Command, context: OperatorContext): void {
  withChangeOptions(keys.command('rewrap'))
    .description(
      'Seals and signs everything with the first key of KEY_ENCRYPTION_KEYS, so that others can leave it',
    )
    .action(async (options: ChangeOptions) => {
      await change(context, options, { command: 'keys rewrap', kind: 'rewrap' });
    });
}

function addAdopt(keys: Command, context: OperatorContext): void {
  withChangeOptions(keys.command('adopt'))
    .description(
      'Makes the rows of the database the set that holds, where verifiers refuse them: after an upgrade or a restore',
    )
    .action(async (options: ChangeOptions, command: Command) => {
      await change(context, options, {
        command: 'keys adopt',
        kind: 'adopt',
        agree: async ({ pool }) => {
          if (!options.yes && !options.json) printTable((await listKeys(pool)).keys, keyColumns, {});
          await confirmTyped('adopt', { ...options, ask: context.ask }, command);
        },
      });
    });
}

function withChangeOptions(command: Command): Command {
  return command
    .option('--no-wait', 'ask, and do not wait for the outcome')
    .option('--yes', 'do not ask whether it is meant')
    .option('--json', 'for programs');
}

type AgreedChange = Omit<AskedChange, 'requestedBy' | 'waitMs'> & {
  /** Throws where it is not to be asked for. */
  agree?: (foundation: Foundation) => Promise<void>;
};

/** Asks for a change and prints what came of it; ends with 1 when it did not come about. */
async function change(
  context: OperatorContext,
  { wait, json }: ChangeOptions,
  { agree, ...asked }: AgreedChange,
): Promise<void> {
  const report = await withFoundation(context, async (foundation) => {
    await agree?.(foundation);
    return askForChange(foundation, { ...asked, requestedBy: operatorName(), waitMs: wait ? 60_000 : 0 });
  });
  if (json) printJson(report);
  else if (wait) process.stdout.write(`${describeReport(report)}\n`);
  else process.stdout.write(`Asked: request ${report.request_id}.\n`);
  const done = report.state === 'succeeded' || report.state === 'noop';
  if (wait && !done) process.exitCode = 1;
}

function refuseInProduction(
  { environment }: OperatorContext,
  options: RotateOptions,
  command: Command,
): void {
  if (!options.simulateFailure || options.yes) return;
  if (loadConfig(operatorConfig, environment).ENVIRONMENT !== 'production') return;
  command.error('This is production: a simulated failure alerts real people. Repeat with --yes to do it.');
}

function withFoundation<T>(
  { environment, registry }: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  return withOperatorFoundation({ service: 'key-rotation-service', environment, registry }, work);
}
