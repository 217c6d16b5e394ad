import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '@swfx/testkit';
import { repository } from '../stack';

/** A service as a process of its own, from its bundle, which a storm ends and brings back under the same name and ports. */
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
  app: 'api-gateway' | 'key-rotation-service';
  /** Where its logs and its audit file go. */
  folder: string;
  operationsPort: number;
  env: Record<string, string>;
}

export function serviceProcess(options: ServiceProcessOptions): ServiceProcess {
  const { name, app, folder, operationsPort, env } = options;
  const program = join(repository, 'apps', app, 'dist/main.js');
  let child: ChildProcess | undefined;

  async function end(signal: NodeJS.Signals): Promise<void> {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGCONT');
    ending.kill(signal);
    await exited;
  }
  return {
    name,
    start({ clockOffsetSeconds } = { clockOffsetSeconds: 0 }) {
      const log = openSync(join(folder, `${name}.log`), 'a');
      const words = clockOffsetSeconds === 0 ? [program] : ['--require', shiftedClock, program];
      child ??= spawn(process.execPath, words, {
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
    },
    kill: () => end('SIGKILL'),
    pause: () => void child?.kill('SIGSTOP'),
    resume: () => void child?.kill('SIGCONT'),
    ready: () =>
      fetch(`http://127.0.0.1:${operationsPort}/readyz`, { signal: AbortSignal.timeout(1_000) }).then(
        ({ ok }) => ok,
        () => false,
      ),
    stop: () => end('SIGTERM'),
  };
}

const shiftedClock = join(repository, 'tools/end-to-end/bin/shifted-clock.cjs');

/** Waits until each of them says that it can do its work. */
export async function untilReady(processes: readonly ServiceProcess[]): Promise<void> {
  for (const { name, ready } of processes)
    await waitUntil(ready, { describe: `${name} is ready`, timeoutMs: 60_000, intervalMs: 50 });
}
