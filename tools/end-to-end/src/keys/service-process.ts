import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@swfx/testkit';
import { repository } from '../stack';

/**
 * A service as a process of its own, from its bundle, which a storm ends and brings back under the same name and ports.
 * One that ends by itself is started again, as by whatever supervises it in a deployment.
 */
export interface ServiceProcess {
  name: string;
  /** With a clock that is right, unless it is told by how much it is off. */
  start: (options?: { clockOffsetSeconds: number }) => void;
  /** SIGKILL: what it was doing is left as it is. */
  kill: () => Promise<void>;
  pause: () => void;
  resume: () => void;
  ready: () => Promise<boolean>;
  stop: () => Promise<void>;
}

export interface ServiceProcessOptions {
  name: string;
  app: 'api-gateway' | 'key-rotation-service' | 'backup-service';
  /** Where its logs and its audit file go. */
  folder: string;
  operationsPort: number;
  env: Record<string, string>;
}

export function serviceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, operationsPort } = options;
  let child: ChildProcess | undefined;
  /** How it is to run; undefined while it is not to. */
  let wanted: { clockOffsetSeconds: number } | undefined;

  function start(how = { clockOffsetSeconds: 0 }): void {
    wanted = how;
    const started = (child ??= spawnService(options, how.clockOffsetSeconds));
    started.on('exit', () => {
      if (child !== started) return;
      child = undefined;
      setTimeout(() => wanted && start(wanted), 500);
    });
  }
  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = wanted = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGCONT');
    ending.kill(signal);
    await exited;
  }
  return {
    name,
    start,
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    ready: () =>
      fetch(`http://127.0.0.1:${operationsPort}/readyz`, { signal: AbortSignal.timeout(3_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    stop: () => end('SIGTERM'),
  };
}

function spawnService(
  { name, app, folder, operationsPort, env }: ServiceProcessOptions,
  clockOffsetSeconds: number,
): ChildProcess {
  const program = join(repository, 'apps', app, 'dist/main.js');
  const log = openSync(join(folder, `${name}.log`), 'a');
  const words = clockOffsetSeconds === 0 ? [program] : ['--require', shiftedClock, program];
  const child = spawn(process.execPath, words, {
    cwd: folder,
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env['PATH'],
      ...env,
      CLOCK_OFFSET_SECONDS: String(clockOffsetSeconds),
      PROMETHEUS_PORT: String(operationsPort),
      AUDIT_LOG_FILE: join(folder, `${name}.audit.log`),
      ACCESS_LOG_FILE: join(folder, `${name}.access.log`),
      SPOOL_DIR: join(folder, name),
    },
  });
  closeSync(log);
  return child;
}

const shiftedClock = join(repository, 'libs/testkit/shifted-clock.cjs');

/** Waits until each of them says that it can do its work. */
export async function untilReady(processes: readonly ServiceProcess[]): Promise<void> {
  for (const { name, ready } of processes)
    await waitUntil(ready, { describe: `${name} is ready`, timeoutMs: 180_000, intervalMs: 50 });
}
