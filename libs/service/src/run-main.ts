import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Alerts } from '@swfx/alerts';
import { announceRestart } from './announce-restart';

/** A running service: `stop` gives up everything it holds, in order, and is safe to call again. */
export interface RunningService {
  stop(): Promise<void>;
  /** Given, people are told that the service has started, and that it stops. */
  alerts?: Pick<Alerts, 'raise'>;
}

/**
 * Runs a service as this process: SIGTERM and SIGINT stop it cleanly (exit 0), a failed start or an unexpected error
 * ends it with one sentence (exit 1), a second signal at once (exit 130).
 */
export function runMain(options: {
  service: string;
  start: () => Promise<RunningService>;
  logger?: () => Logger | undefined;
}): void {
  let running: RunningService | undefined;
  let stopping = false;
  const say = (message: string) => {
    const logger = options.logger?.();
    if (logger) logger.error(message);
    else process.stderr.write(`${options.service}: ${message}\n`);
  };

  async function stop(exitCode: number): Promise<void> {
    if (stopping) process.exit(130);
    stopping = true;
    if (running?.alerts) await announceRestart(running.alerts, options.service, 'stopped');
    await running?.stop().catch((error: unknown) => say(`did not stop cleanly: ${errorMessage(error)}`));
    process.exitCode = exitCode;
    // Whatever still holds the process after its own stop is a leak; it must not keep a deployment waiting.
    setTimeout(() => process.exit(exitCode), 2_000).unref();
  }
  process.on('SIGTERM', () => void stop(0));
  process.on('SIGINT', () => void stop(0));
  process.on('unhandledRejection', (error) => {
    say(`unexpected error: ${errorMessage(error)}`);
    void stop(1);
  });
  process.on('uncaughtException', (error) => {
    say(`unexpected error: ${errorMessage(error)}`);
    void stop(1);
  });
  options.start().then(
    (service) => {
      running = service;
      if (stopping) void service.stop();
      else if (service.alerts) void announceRestart(service.alerts, options.service, 'started');
    },
    (error: unknown) => {
      say(`cannot start: ${errorMessage(error)}`);
      void stop(1);
    },
  );
}
