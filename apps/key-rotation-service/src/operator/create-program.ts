/**
 * The operator's commands on signing keys. They need no more than the ops database: who may connect to it as the
 * operator may use them, and each that changes something is audited under the name of the operating system's user.
 */
import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import { openFoundation, operatorName, printJson, printTable, type Foundation } from '@swfx/service';
import { Command } from 'commander';
import { z } from 'zod';
import { keyColumns, listKeys } from './list-keys';
import { askForRotation, describeReport } from './ask-for-rotation';

/** What the commands need from the environment: DATABASE_URL and REDIS_URL; everything else has a default. */
export const operatorConfig = z.object(serviceSettings);

export interface OperatorContext {
  environment: Environment;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

interface RotateOptions {
  wait: boolean;
  simulateFailure?: boolean;
  yes?: boolean;
  json?: boolean;
}

export function createProgram(context: OperatorContext): Command {
  const program = new Command('swfx').description('Signing keys');
  const keys = program.command('keys').description('Signing keys and their rotation');

  keys
    .command('list')
    .description('The keys of the set: what signs, what will, and what still verifies')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const { epoch, keys: listed } = await withFoundation(context, ({ pool }) => listKeys(pool));
      if (json) return printJson({ epoch, keys: listed });
      printTable(listed, keyColumns, { empty: 'There is no key yet: key-rotation-service makes the first.' });
    });

  keys
    .command('rotate')
    .description('Asks key-rotation-service to promote the standby now, and tells what came of it')
    .option('--no-wait', 'ask, and do not wait for the outcome')
    .option('--simulate-failure', 'try the alert: this rotation fails before it touches a key')
    .option('--yes', 'allow --simulate-failure where ENVIRONMENT is production')
    .option('--json', 'for programs')
    .action(async (options: RotateOptions, command: Command) => {
      refuseInProduction(context, options, command);
      const report = await withFoundation(context, (foundation) =>
        askForRotation(foundation, {
          requestedBy: operatorName(),
          simulateFailure: options.simulateFailure ?? false,
          waitMs: options.wait ? 60_000 : 0,
        }),
      );
      if (options.json) printJson(report);
      else if (options.wait) process.stdout.write(`${describeReport(report)}\n`);
      else process.stdout.write(`Asked: request ${report.request_id}.\n`);
      const done = report.state === 'succeeded' || report.state === 'noop';
      if (options.wait && !done) process.exitCode = 1;
    });
  return program;
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

async function withFoundation<T>(
  { environment, registry }: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  const config = loadConfig(operatorConfig, environment);
  // Standard output is the command's: only what a person must act on is logged beside it.
  const quiet = { ...config, LOG_LEVEL: 'error' };
  const foundation = openFoundation(quiet, {
    service: 'key-rotation-service',
    metrics: [],
    ...(registry ? { registry } : {}),
  });
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}
