/**
 * A server that a test takes away and brings back: stopped, killed or made to hang, then started again at the same
 * address with the same data. Postgres and Redis differ only in how one is started and which processes it has.
 */
import { readFile } from 'node:fs/promises';

export type StoppableServer = {
  port: number;
  /** Shuts the server down; its data is kept for `start()`. */
  stop: () => Promise<void>;
  /** Ends it at once (SIGKILL), as a crash would. */
  kill: () => Promise<void>;
  /** Starts it again on the same port after `stop()` or `kill()`. */
  start: () => Promise<void>;
  /** Makes it hang: connections are accepted by the kernel, nothing is answered. */
  pause: () => Promise<void>;
  resume: () => Promise<void>;
  /** Stops it for good and removes its data. */
  drop: () => Promise<void>;
};

type RunningServer = { pid: number; stop: () => Promise<void>; exited: Promise<unknown> };

/** Makes one from `start` (which must bind the same port each time) and `remove`, and starts it. */
export async function startStoppableServer(server: {
  port: number;
  start: () => Promise<RunningServer>;
  remove: () => Promise<void>;
}): Promise<StoppableServer> {
  let running: RunningServer | undefined = await server.start();
  const stop = async (): Promise<void> => {
    await running?.stop();
    running = undefined;
  };
  return {
    port: server.port,
    stop,
    kill: async () => {
      await signalAll(running, 'SIGKILL');
      await running?.exited;
      running = undefined;
    },
    start: async () => void (running ??= await server.start()),
    pause: () => signalAll(running, 'SIGSTOP'),
    resume: () => signalAll(running, 'SIGCONT'),
    drop: () => stop().finally(server.remove),
  };
}

/** Signals the server and its children: each backend of Postgres is a process, and a session, of its own. */
async function signalAll(server: RunningServer | undefined, signal: NodeJS.Signals): Promise<void> {
  if (!server) return;
  const children = await childrenOf(server.pid);
  for (const pid of [server.pid, ...children]) sendSignal(pid, signal);
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').map(Number).filter(Boolean);
}

function sendSignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended in the meantime, which is as good.
  }
}
