import { open } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { spawnServer } from '@swfx/postgres-server';
import type { ServerProcess } from '@swfx/postgres-server';
import { describeExit } from './describe-exit';
import type { Running } from './supervise';

/** A program that says over HTTP when it is ready. */
export type Service = {
  program: string;
  args: string[];
  cwd: string;
  env: Record<string, string>;
  logFile: string;
  /** Answers 200 when the service can do its work. */
  readyUrl: string;
  readyTimeoutMs?: number;
  /** How long it may take to finish what is in flight after SIGTERM, before SIGKILL (default 20 s). */
  stopTimeoutMs?: number;
};

/** Starts a service and resolves when it is ready. Rejects, with nothing left running, if that does not happen. */
export async function startService(service: Service, signal: AbortSignal): Promise<Running> {
  const { stopTimeoutMs = 20_000 } = service;
  const server = await spawnLogged(service);
  const stop = (): Promise<unknown> => server.stop([{ signal: 'SIGTERM', timeoutMs: stopTimeoutMs }]);
  try {
    await untilReady(service, server, signal);
    return { pid: server.pid, exited: server.exited, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function spawnLogged({ program, args, cwd, env, logFile }: Service): Promise<ServerProcess> {
  const log = await open(logFile, 'a');
  const stdio = ['ignore' as const, log.fd, log.fd];
  return spawnServer({ program, args, cwd, env, stdio }).finally(() => log.close());
}

async function untilReady(service: Service, server: ServerProcess, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + (service.readyTimeoutMs ?? 60_000);
  let ended: string | undefined;
  void server.exited.then((exit) => (ended = describeExit(exit)));
  let last = 'nothing answered';
  while (Date.now() < deadline) {
    if (signal.aborted) throw new Error('it was told to stop.');
    if (ended) throw new Error(`it ended ${ended}.`);
    last = await askIfReady(service.readyUrl);
    if (last === 'ready') return;
    await sleep(40);
  }
  throw new Error(`it was not ready in time (${service.readyUrl}: ${last}).`);
}

/** `ready`, or what came instead. */
async function askIfReady(url: string): Promise<string> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(3_000) });
    const text = await response.text();
    return response.status === 200 ? 'ready' : `${response.status} ${text.slice(0, 200)}`;
  } catch (error) {
    return (error as Error).message;
  }
}
