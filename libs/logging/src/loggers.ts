import winston from 'winston';
import { redact, redactText } from './redact';
import { currentTrace } from './trace-context';

export type Logger = winston.Logger;

export interface LoggerOptions {
  service: string;
  environment: string;
  level: string;
  /** Where access lines go: a path, or `-` for standard output. */
  accessLogFile: string;
}

/**
 * The `app` logger (JSON) and the `access` logger (plain text, one line a request). The third one, `audit`,
 * is the audit trail's own file: `@swfx/audit` writes it. A line that comes after `close()` is lost.
 */
export function createLoggers(options: LoggerOptions): {
  app: Logger;
  access: Logger;
  close(): Promise<void>;
} {
  const app = winston.createLogger({
    level: options.level,
    format: winston.format.combine(appRecord(options), winston.format.json({ deterministic: false })),
    transports: [new winston.transports.Console({ handleExceptions: false })],
  });
  const access = winston.createLogger({
    level: 'info',
    format: winston.format.printf(({ message }) => redactText(String(message))),
    transports: [accessTransport(options.accessLogFile)],
  });
  return { app, access, close: () => Promise.all([closed(app), closed(access)]).then(() => undefined) };
}

/** A logger that says nothing, for tests that do not look at logs. */
export function createSilentLogger(): Logger {
  return winston.createLogger({ silent: true, transports: [new winston.transports.Console()] });
}

function accessTransport(file: string): winston.transport {
  return file === '-' ? new winston.transports.Console() : new winston.transports.File({ filename: file });
}

/** Where winston keeps the level by which its transports choose; a record without it is written nowhere. */
const levelSymbol = Symbol.for('level');

const appRecord = winston.format((info, options) => {
  const { service, environment } = options as LoggerOptions;
  const { level, message, ...rest } = info;
  const trace = currentTrace();
  return {
    timestamp: new Date().toISOString(),
    level,
    logger: 'app',
    service,
    env: environment,
    message: redactText(String(message)),
    ...(trace ? { trace_id: trace.traceId, request_id: trace.requestId } : {}),
    ...(redact(rest) as object),
    [levelSymbol]: info[levelSymbol],
  };
});

function closed(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    logger.once('finish', () => resolve());
    logger.end();
    // Something may have a last word to say all the same; an error of a logger that nobody hears ends the process.
    logger.on('error', () => undefined);
  });
}
