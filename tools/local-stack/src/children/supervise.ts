/**
 * Keeps the children of the stack running and ends them in order.
 *
 * A child is handed over once it is ready; if it ends before that, its start fails and the caller stops everything.
 * A child that ends later is started again, with growing pauses; the fifth end within a minute is the last, and
 * `failed` resolves. Stopping goes from the highest tier to the lowest, those of one tier at once, and whatever is
 * being started at that moment is ended too: nothing outlives `stop()`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerExit } from '@swfx/postgres-server';
import { decideRestart } from './decide-restart';
import { describeExit } from './describe-exit';
import { logTail, sizeOf } from './log-tail';
import { StackError } from '../screen/stack-error';

/** A process that is ready for work. */
export type Running = { pid: number; exited: Promise<ServerExit>; stop: () => Promise<unknown> };

/** One child: how it is started (resolving when it is ready) and where it stands in the order. */
export type Child = {
  name: string;
  /** Children of a higher tier use those of a lower one; they start later and stop earlier. */
  tier: number;
  logFile: string;
  start: (signal: AbortSignal) => Promise<Running>;
};

export type ChildState = 'starting' | 'ready' | 'waiting' | 'stopped';
export type ChildStatus = { name: string; state: ChildState; logFile: string; pid?: number };

export type Supervisor = {
  /** Starts a child. Rejects with a `StackError` that says why it did not become ready. */
  start: (child: Child) => Promise<void>;
  /** Stops a child and starts it again, as after a change of its code. */
  restart: (name: string) => Promise<void>;
  /** Stops everything. May be called again. */
  stop: () => Promise<void>;
  /** Ends every process at once, for one who will not wait. */
  kill: () => void;
  /** Resolves when a child has been given up. */
  failed: Promise<StackError>;
  children: () => ChildStatus[];
};

type Supervised = {
  child: Child;
  state: ChildState;
  deathsAt: number[];
  running?: Running;
  /** The start or restart that is going on. */
  activity?: Promise<void>;
};

export type SupervisorEvents = {
  /** A line for a person. */
  say: (line: string) => void;
  /** Some child's state has changed. */
  changed: () => void;
};

export function createSupervisor({ say, changed }: SupervisorEvents): Supervisor {
  const all = new Map<string, Supervised>();
  const stopping = new AbortController();
  let fail: (error: StackError) => void = () => undefined;
  const failed = new Promise<StackError>((resolve) => (fail = resolve));

  const setState = (entry: Supervised, state: ChildState): void => {
    entry.state = state;
    changed();
  };

  async function bringUp(entry: Supervised): Promise<void> {
    setState(entry, 'starting');
    const from = await sizeOf(entry.child.logFile);
    const running = await entry.child.start(stopping.signal).catch(async (error: Error) => {
      setState(entry, 'stopped');
      const detail = await logTail(entry.child.logFile, from);
      throw new StackError(`${entry.child.name} did not start: ${error.message}`, { detail, cause: error });
    });
    entry.running = running;
    setState(entry, 'ready');
    void running.exited.then((exit) => onExit(entry, running, exit));
  }

  function onExit(entry: Supervised, running: Running, exit: ServerExit): void {
    // One that was stopped on purpose is no longer the entry's running process.
    if (entry.running !== running) return;
    entry.running = undefined;
    void revive(entry, `${entry.child.name} ended ${describeExit(exit)}`);
  }

  async function revive(entry: Supervised, what: string): Promise<void> {
    entry.deathsAt.push(Date.now());
    const decision = decideRestart(entry.deathsAt, Date.now());
    if (decision.action === 'give-up') {
      setState(entry, 'stopped');
      return fail(
        new StackError(`${what}, for the fifth time within a minute.`, { detail: await tailOf(entry) }),
      );
    }
    say(`${what}; starting it again.`);
    setState(entry, 'waiting');
    entry.activity = bringBack(entry, decision.delayMs);
    await entry.activity;
  }

  async function bringBack(entry: Supervised, delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    if (stopping.signal.aborted) return;
    try {
      await bringUp(entry);
      say(`${entry.child.name} is ready again.`);
    } catch (error) {
      if (!stopping.signal.aborted) void revive(entry, (error as Error).message.replace(/\.$/, ''));
    }
  }

  async function halt(entry: Supervised): Promise<void> {
    await entry.activity?.catch(() => undefined);
    const running = entry.running;
    entry.running = undefined;
    await running?.stop();
    setState(entry, 'stopped');
  }

  return {
    failed,
    start: (child) => {
      const entry: Supervised = { child, state: 'starting', deathsAt: [] };
      all.set(child.name, entry);
      entry.activity = bringUp(entry);
      return entry.activity;
    },
    restart: async (name) => {
      const entry = all.get(name);
      if (!entry || stopping.signal.aborted) return;
      await halt(entry);
      entry.activity = bringBack(entry, 0);
      await entry.activity;
    },
    stop: async () => {
      stopping.abort();
      for (const tier of tiersDownwards(all)) {
        await Promise.all([...all.values()].filter((entry) => entry.child.tier === tier).map(halt));
      }
    },
    kill: () => {
      for (const { running } of all.values()) if (running) killNow(running.pid);
    },
    children: () =>
      [...all.values()].map(({ child: { name, logFile }, state, running }) => ({
        name,
        state,
        logFile,
        pid: running?.pid,
      })),
  };
}

function tiersDownwards(all: Map<string, Supervised>): number[] {
  return [...new Set([...all.values()].map(({ child }) => child.tier))].sort((a, b) => b - a);
}

function tailOf(entry: Supervised): Promise<string> {
  return logTail(entry.child.logFile, 0);
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
