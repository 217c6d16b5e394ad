/**
 * The file by which a Postgres server marks its data folder: its pid on the first line, its state on the eighth.
 * Postgres itself replaces a stale one; what it cannot do is end a server that outlived whoever started it.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type PostmasterPid = { pid: number; ready: boolean };

/** Reads the state of the server of `dataDir`; undefined where none is marked. */
export async function readPostmasterPid(dataDir: string): Promise<PostmasterPid | undefined> {
  return parsePostmasterPid(await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => ''));
}

/** Parses the text of postmaster.pid (the file is written in several steps, so lines may be missing). Pure. */
export function parsePostmasterPid(text: string): PostmasterPid | undefined {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
}

/**
 * Ends a server that still runs on `dataDir` because its parent was killed. Only a process whose command line
 * says that it is a postgres of this very folder is touched: the pid may long belong to somebody else.
 */
export async function endOrphanOf(dataDir: string): Promise<'none' | 'ended'> {
  const marked = await readPostmasterPid(dataDir);
  if (!marked || !(await isPostgresOf(marked.pid, dataDir))) return 'none';
  for (const [signal, timeoutMs] of [
    ['SIGINT', 10_000],
    ['SIGQUIT', 5_000],
    ['SIGKILL', 5_000],
  ] as const) {
    process.kill(marked.pid, signal);
    process.kill(marked.pid, 'SIGCONT');
    if (await goneWithin(marked.pid, timeoutMs)) return 'ended';
  }
  throw new Error(`The Postgres server ${marked.pid} on ${dataDir} does not end.`);
}

async function isPostgresOf(pid: number, dataDir: string): Promise<boolean> {
  const args = await commandLine(pid);
  return args.includes('postgres') && args.includes(` -D ${dataDir} `);
}

async function commandLine(pid: number): Promise<string> {
  const fromProc = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (fromProc !== undefined) return `${fromProc.replaceAll('\0', ' ')} `;
  const fromPs = await run('ps', ['-ww', '-o', 'args=', '-p', String(pid)]).catch(() => undefined);
  return `${fromPs?.stdout.trim() ?? ''} `;
}

async function goneWithin(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(20);
  }
  return true;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
