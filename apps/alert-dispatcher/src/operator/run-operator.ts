/**
 * The operator's commands on alerts. Who may connect to the ops database as the operator may use them; each that
 * changes something is audited under the name of the operating system's user. Exit codes: 0 done, 1 not, 2 misused.
 */
import { loadConfig, serviceSettings, type Environment } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import { openFoundation, type Foundation } from '@swfx/service';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { z } from 'zod';
import { alertTable, listAlerts } from './list-alerts';
import { testAlert, type TestResult } from './test-alert';

/** What the commands need from the environment: the ops database and Redis. */
export const operatorConfig = z.object(serviceSettings);

export interface OperatorContext {
  environment: Environment;
  /** The operating system's user. */
  user: string;
  out: (text: string) => void;
  err: (text: string) => void;
  registry?: Foundation['metrics']['registry'];
}

/** Runs one command, given its words (`alerts list --json`), and returns the exit code. */
export async function runOperator(words: readonly string[], context: OperatorContext): Promise<number> {
  let exitCode = 0;
  const program = createProgram(context, (code) => (exitCode = code));
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    context.err(`${errorMessage(error)}\n`);
    return 1;
  }
}

function createProgram(context: OperatorContext, setExitCode: (code: number) => void): Command {
  const { out, err, user } = context;
  const program = new Command('swfx');
  program.exitOverride().configureOutput({ writeOut: out, writeErr: err });
  // Commands made from a command inherit how it exits and prints.
  const alerts = program.command('alerts').description('Alerts and what became of them');

  alerts
    .command('list')
    .description('The newest alerts, and whether each was sent, held back or given up, and why')
    .option('--limit <number>', 'how many', wholeNumber(1, 10_000), 20)
    .option('--json', 'for programs')
    .action(async (options: { limit: number; json?: true }) => {
      const listed = await withFoundation(context, ({ pool }) => listAlerts(pool, options.limit));
      out(options.json ? asJson(listed) : alertTable(listed));
    });

  alerts
    .command('test')
    .description('Sends a test alert the whole way and says whether it was delivered')
    .option('--message <text>', 'what it says', 'This is a test. Nothing is wrong.')
    .option('--wait [seconds]', 'how long to wait for its delivery', wholeNumber(0, 3_600), 30)
    .option('--json', 'for programs')
    .action(async (options: { message: string; wait: number | true; json?: true }) => {
      const request = {
        message: options.message,
        actor: `operator:${user}`,
        waitSeconds: options.wait === true ? 30 : options.wait,
      };
      const result = await withFoundation(context, (foundation) => testAlert(foundation, request));
      out(options.json ? asJson(result) : resultSentence(result));
      if (!result.delivered) setExitCode(1);
    });
  return program;
}

async function withFoundation<T>(
  { environment, registry }: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  const config = loadConfig(operatorConfig, environment);
  // Standard output is the command's: only what a person must act on is logged beside it.
  const foundation = openFoundation(
    { ...config, LOG_LEVEL: 'error' },
    { service: 'alert-dispatcher', metrics: [], ...(registry ? { registry } : {}) },
  );
  try {
    return await work(foundation);
  } finally {
    await foundation.lifecycle.stop();
  }
}

function resultSentence({ alertId, delivered, state, why, attempts }: TestResult): string {
  if (delivered) return `Delivered: alert ${alertId}, attempt ${attempts}.\n`;
  return `Not delivered: alert ${alertId} is ${state}: ${why}\n`;
}

function asJson(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}
