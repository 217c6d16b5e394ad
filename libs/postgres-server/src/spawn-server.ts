/**
 * A server program as a child of ours, which never outlives us.
 *
 * It runs in its own process group, so that Ctrl-C on a terminal reaches us alone and we stop it in order. If we
 * end without stopping it, it is told on our way out; if we are killed outright, the kernel tells it (the parent
 * death signal, which `setpriv` of util-linux sets; elsewhere the next start finds and ends it).
 */
import { execFile, spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ProcessOwner } from './unprivileged-owner';

const run = promisify(execFile);

const setpriv = '/usr/bin/setpriv';

/** How a server ended: its exit code, or the signal that ended it. */
export type ServerExit = { code: number | null; signal: NodeJS.Signals | null };

/** A running server. `exited` resolves when it ends, whatever the cause; it never rejects. */
export type ServerProcess = {
  pid: number;
  child: ChildProcess;
  exited: Promise<ServerExit>;
  /** Sends each signal in turn and gives it its time; ends with SIGKILL. Resolves when the process is gone. */
  stop: (steps: { signal: NodeJS.Signals; timeoutMs: number }[]) => Promise<ServerExit>;
};

export type SpawnServerOptions = {
  program: string;
  args: string[];
  cwd: string;
  env: NodeJS.ProcessEnv;
  stdio: StdioOptions;
  owner?: ProcessOwner;
  /** What the server is sent if we end before it (default SIGTERM). */
  parentDeathSignal?: NodeJS.Signals;
};

/** Starts a server program. Throws when it cannot be executed at all. */
export async function spawnServer(options: SpawnServerOptions): Promise<ServerProcess> {
  const signal = options.parentDeathSignal ?? 'SIGTERM';
  const [program, args] = await withParentDeathSignal(options.program, options.args, signal);
  const { cwd, env, stdio, owner } = options;
  const child = spawn(program, args, { cwd, env, stdio, detached: true, ...owner });
  const exited = exitOf(child);
  await once(child, 'spawn');
  const onOurExit = (): boolean => child.kill(signal);
  process.once('exit', onOurExit);
  void exited.then(() => process.removeListener('exit', onOurExit));
  return { pid: child.pid as number, child, exited, stop: (steps) => stopChild(child, exited, steps) };
}

async function exitOf(child: ChildProcess): Promise<ServerExit> {
  const [code, signal] = (await once(child, 'exit').catch(() => [null, null])) as [number | null, null];
  return { code, signal };
}

async function stopChild(
  child: ChildProcess,
  exited: Promise<ServerExit>,
  steps: { signal: NodeJS.Signals; timeoutMs: number }[],
): Promise<ServerExit> {
  for (const { signal, timeoutMs } of steps) {
    child.kill(signal);
    // A process that a test or a debugger has stopped would not see the signal.
    child.kill('SIGCONT');
    const exit = await within(exited, timeoutMs);
    if (exit) return exit;
  }
  child.kill('SIGKILL');
  return exited;
}

async function within<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  const timer = new AbortController();
  const timeout = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined);
  return Promise.race([promise, timeout]).finally(() => timer.abort());
}

async function withParentDeathSignal(
  program: string,
  args: string[],
  signal: NodeJS.Signals,
): Promise<[string, string[]]> {
  const options = ['--pdeathsig', signal.replace('SIG', '')];
  // Run once to see whether it is there and knows the option: BusyBox has a setpriv that does not.
  const supported = await run(setpriv, [...options, '/bin/true']).then(
    () => true,
    () => false,
  );
  return supported ? [setpriv, [...options, program, ...args]] : [program, args];
}
