import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from '@swfx/config';
import { InvalidArgumentError, type Command } from 'commander';
import { formatLogLine, jsonLogLine } from './format-log-line';
import { loggedServices, openLogFolder } from './log-folder';
import type { LoggerName, LogLine } from './log-line';

interface LogsOptions {
  follow?: boolean;
  lines: number;
  audit?: boolean;
  access?: boolean;
  json?: boolean;
}

const pollMs = 250;

/** `logs`: what the services of the local stack write, in one stream. */
export function addLogsCommand(program: Command, environment: Environment): void {
  program
    .command('logs')
    .description('What the services log, interleaved by time')
    .argument('[service]', 'only this service')
    .option('-f, --follow', 'go on as lines come, until Ctrl-C')
    .option('-n, --lines <count>', 'begin with the last lines', wholeNumber, 50)
    .option('--audit', 'the audit log instead')
    .option('--access', 'the access log instead')
    .option('--json', 'one JSON object a line, for programs')
    .action((service: string | undefined, options: LogsOptions, command: Command) => {
      const folder = environment['SWFX_LOG_DIR'] ?? 'logs';
      if (!existsSync(folder)) throw new Error(`There are no logs in ${folder} yet: run npm start first.`);
      const services = loggedServices(folder);
      if (service !== undefined && !services.includes(service))
        command.error(
          `error: ${service} has no log in ${folder}; there are ${services.join(', ') || 'none'}`,
        );
      return showLogs(folder, { ...options, service });
    });
}

async function showLogs(
  folder: string,
  options: LogsOptions & { service: string | undefined },
): Promise<void> {
  const logger: LoggerName = options.audit ? 'audit' : options.access ? 'access' : 'app';
  const wanted = (line: LogLine) =>
    line.logger === logger && (options.service === undefined || line.service === options.service);
  const format = chooseFormat(options.json);
  const show = (lines: LogLine[]) => lines.forEach((line) => process.stdout.write(`${format(line)}\n`));

  const interrupted = new AbortController();
  if (options.follow) process.once('SIGINT', () => interrupted.abort());
  const logs = openLogFolder(folder);
  try {
    const found = logs.read();
    if (!options.follow) found.push(...logs.unfinished());
    show(lastOf(found.filter(wanted), options.lines));
    while (options.follow && !interrupted.signal.aborted) {
      await sleep(pollMs, undefined, { signal: interrupted.signal }).catch(() => undefined);
      show(logs.read().filter(wanted));
    }
  } finally {
    logs.close();
  }
}

/** For people on a terminal, as JSON where that is asked for, and as it was written where a program reads along. */
function chooseFormat(json: boolean | undefined): (line: LogLine) => string {
  if (json) return jsonLogLine;
  return process.stdout.isTTY ? (line) => formatLogLine(line, new Date()) : (line) => line.raw;
}

function lastOf<T>(items: readonly T[], count: number): T[] {
  return items.slice(Math.max(0, items.length - count));
}

function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
