/** One stack for each state folder: whoever runs it holds a lock file with its pid and start time. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { startOfProcess } from './process-identity';
import { StackError } from '../screen/stack-error';

type Holder = { pid: number; startedAt: string };

/** The pid of the stack that runs on this state folder, if one does. */
export async function runningStack(lockFile: string): Promise<number | undefined> {
  const holder = await readHolder(lockFile);
  return holder && (await startOfProcess(holder.pid)) === holder.startedAt ? holder.pid : undefined;
}

/** Takes the lock, over one whose holder has died. Throws `StackError` where a stack is running. */
export async function takeLock(lockFile: string): Promise<{ release: () => Promise<void> }> {
  const running = await runningStack(lockFile);
  if (running) {
    throw new StackError(
      `The stack is already running (pid ${running}); stop it with Ctrl-C there, or: kill ${running}`,
    );
  }
  await rm(lockFile, { force: true });
  const holder: Holder = { pid: process.pid, startedAt: (await startOfProcess(process.pid)) ?? '' };
  // "wx" makes the second of two that start at the same moment fail.
  await writeFile(lockFile, JSON.stringify(holder), { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST')
      throw new StackError('Another start of this stack is going on.', { cause: error });
    throw error;
  });
  return { release: () => rm(lockFile, { force: true }) };
}

async function readHolder(lockFile: string): Promise<Holder | undefined> {
  const text = await readFile(lockFile, 'utf8').catch(() => '');
  try {
    return JSON.parse(text) as Holder;
  } catch {
    return undefined;
  }
}
