import { setTimeout as sleep } from 'node:timers/promises';
import { startOfProcess } from './process-identity';
import type { StackState } from './state-file';

type Leftover = { name: string; pid: number; startedAt: string };

/**
 * Ends what a stack that was killed outright has left running: only processes that its state file names and that
 * started at the very moment it says. Services first, the databases last. Returns the names of those it ended.
 */
export async function endLeftovers(state: StackState | undefined): Promise<string[]> {
  const candidates = (state?.children ?? []).filter(
    (child): child is Leftover & StackState['children'][number] => Boolean(child.pid && child.startedAt),
  );
  const ended: string[] = [];
  for (const leftover of candidates.reverse()) {
    if (await endProcess(leftover)) ended.push(leftover.name);
  }
  return ended;
}

async function endProcess(leftover: Leftover): Promise<boolean> {
  if (!(await isStill(leftover))) return false;
  // SIGINT is Postgres's fast shutdown; SIGTERM would wait for its clients.
  const gentle = leftover.name.startsWith('Postgres') ? 'SIGINT' : 'SIGTERM';
  for (const [signal, timeoutMs] of [
    [gentle, 15_000],
    ['SIGKILL', 5_000],
  ] as const) {
    process.kill(leftover.pid, signal);
    if (await goneWithin(leftover, timeoutMs)) return true;
  }
  throw new Error(`${leftover.name} of the last start (pid ${leftover.pid}) does not end.`);
}

async function isStill({ pid, startedAt }: Leftover): Promise<boolean> {
  return (await startOfProcess(pid)) === startedAt;
}

async function goneWithin(leftover: Leftover, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (await isStill(leftover)) {
    if (Date.now() > deadline) return false;
    await sleep(25);
  }
  return true;
}
