/**
 * The operator's commands on alerts. They need no more than the ops database: who may connect to it as the operator
 * may use them, and each that changes something is audited under the name of the operating system's user.
 */
import type { Environment } from '@swfx/config';
import { operatorName, printJson, printTable, withOperatorFoundation, type Foundation } from '@swfx/service';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { alertColumns, deadColumns, muteColumns } from './columns';
import { explainAlert, explanationText } from './explain-alert';
import { listAlerts } from './list-alerts';
import { acknowledge, listDead, replayDead } from './dead-letters';
import { endMute, listMutes, muteAlerts } from './mute-alerts';
import { testAlert, type TestResult } from './test-alert';

export interface OperatorContext {
  environment: Environment;
  /** Tests, which run several commands in one process, pass a new one each time. */
  registry?: Foundation['metrics']['registry'];
}

interface Json {
  json?: true;
}

export function createProgram(context: OperatorContext): Command {
  const program = new Command('swfx').description('Alerts');
  const alerts = program.command('alerts').description('Alerts and what became of them');
  addReading(alerts, context);
  addTest(alerts, context);
  addDeadLetters(alerts, context);
  addMutes(alerts, context);
  return program;
}

function addReading(alerts: Command, context: OperatorContext): void {
  alerts
    .command('list')
    .description('The newest alerts, and whether each was sent, held back or given up, and why')
    .option('--limit <number>', 'how many; 20, or all of one message, if not given', wholeNumber(1, 10_000))
    .option('--message <id>', 'those that one message told of', uuid)
    .option('--json', 'for programs')
    .action(async ({ json, limit, message }: { limit?: number; message?: string } & Json) => {
      const filter = { limit: limit ?? (message ? 10_000 : 20), message };
      const listed = await withFoundation(context, ({ pool }) => listAlerts(pool, filter));
      printTable(listed, alertColumns, { json, empty: 'No alert has been accepted yet.' });
    });
  alerts
    .command('explain')
    .argument('<id>', 'an alert, or an incident', uuid)
    .description('Why it was sent or held back, and each attempt')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: Json) => {
      const explanation = await withFoundation(context, ({ pool }) => explainAlert(pool, id));
      if (json) printJson(explanation);
      else process.stdout.write(explanationText(explanation));
    });
}

function addTest(alerts: Command, context: OperatorContext): void {
  alerts
    .command('test')
    .description('Sends a test alert the whole way and says whether it was delivered')
    .option('--message <text>', 'what it says', 'This is a test. Nothing is wrong.')
    .option('--wait [seconds]', 'how long to wait for its delivery', wholeNumber(0, 3_600), 30)
    .option('--json', 'for programs')
    .action(async ({ message, wait, json }: { message: string; wait: number | true } & Json) => {
      const waitSeconds = wait === true ? 30 : wait;
      const request = { message, actor: operatorName(), waitSeconds };
      const result = await withFoundation(context, (foundation) => testAlert(foundation, request));
      if (json) printJson(result);
      else process.stdout.write(resultSentence(result));
      if (!result.delivered) process.exitCode = 1;
    });
}

function addDeadLetters(alerts: Command, context: OperatorContext): void {
  alerts
    .command('dead')
    .description('What could not be delivered, and why')
    .option('--json', 'for programs')
    .action(async ({ json }: Json) => {
      const dead = await withFoundation(context, ({ pool }) => listDead(pool));
      printTable(dead, deadColumns, { json, empty: 'Nothing was given up.' });
    });
  alerts
    .command('replay')
    .argument('[incident]', 'the incident; all of them, if not given', uuid)
    .description('Tries again to deliver what was given up')
    .action(async (incident: string | undefined) => {
      const count = await withFoundation(context, ({ audit }) => replayDead(audit, operatorName(), incident));
      process.stdout.write(`${count} to be delivered again.\n`);
      if (count === 0) process.exitCode = 1;
    });
  alerts
    .command('ack')
    .argument('<incident>', 'the incident', uuid)
    .description('Says that somebody looks after an incident: it is not escalated')
    .action(async (incident: string) => {
      const found = await withFoundation(context, ({ audit }) =>
        acknowledge(audit, operatorName(), incident),
      );
      process.stdout.write(found ? 'Acknowledged.\n' : 'There is no such incident that is firing.\n');
      if (!found) process.exitCode = 1;
    });
}

function addMutes(alerts: Command, context: OperatorContext): void {
  const severity = new Option('--severity <severity...>', 'only these').choices([
    'critical',
    'warning',
    'info',
  ]);
  alerts
    .command('mute')
    .description('Holds alerts during maintenance; what still goes on at its end is told then')
    .requiredOption('--for <duration>', 'how long, such as 30m, 2h or 1d', seconds)
    .requiredOption('--reason <text>', 'why')
    .addOption(severity)
    .option('--service <service...>', 'only of these services')
    .option('--incident <pattern>', 'only of these incidents; * stands for any text')
    .action(async ({ for: durationSeconds, ...mute }: MuteOptions) => {
      const request = { ...mute, durationSeconds, author: operatorName() };
      const { id, endsAt } = await withFoundation(context, ({ audit }) => muteAlerts(audit, request));
      process.stdout.write(`Muted until ${endsAt.toISOString().slice(0, 19)}Z: ${id}\n`);
    });
  alerts
    .command('mutes')
    .description('The maintenance windows of now and of the last week')
    .option('--json', 'for programs')
    .action(async ({ json }: Json) => {
      const mutes = await withFoundation(context, ({ pool }) => listMutes(pool));
      printTable(mutes, muteColumns, { json, empty: 'There is no maintenance window.' });
    });
  alerts
    .command('unmute')
    .argument('<id>', 'the maintenance window', uuid)
    .description('Ends a maintenance window now')
    .action(async (id: string) => {
      const ended = await withFoundation(context, ({ audit }) => endMute(audit, operatorName(), id));
      process.stdout.write(ended ? 'It has ended.\n' : 'There is no such maintenance window now.\n');
      if (!ended) process.exitCode = 1;
    });
}

interface MuteOptions {
  for: number;
  reason: string;
  severity?: string[];
  service?: string[];
  incident?: string;
}

function withFoundation<T>(
  { environment, registry }: OperatorContext,
  work: (foundation: Foundation) => Promise<T>,
): Promise<T> {
  return withOperatorFoundation({ service: 'alert-dispatcher', environment, registry }, work);
}

function resultSentence({ alertId, delivered, state, why, attempts }: TestResult): string {
  if (delivered) return `Delivered: alert ${alertId}, attempt ${attempts}.\n`;
  return `Not delivered: alert ${alertId} is ${state}: ${why}\n`;
}

function wholeNumber(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
    if (value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${minimum} to ${maximum}.`);
  };
}

function uuid(text: string): string {
  if (z.uuid().safeParse(text).success) return text;
  throw new InvalidArgumentError('It must be an id, as the lists show it.');
}

const unitSeconds: Record<string, number> = { m: 60, h: 3_600, d: 86_400 };

function seconds(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  const value = Number(count) * (unitSeconds[unit] ?? NaN);
  if (value > 0 && value <= 30 * 86_400) return value;
  throw new InvalidArgumentError('It must be such as 30m, 2h or 1d, and at most 30d.');
}
