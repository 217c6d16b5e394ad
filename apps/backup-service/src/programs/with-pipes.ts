/**
 * Pipes of the kernel between programs. Those that Node makes for a child are sockets, which cost a program that writes
 * in small pieces, as pg_dump does, about twice as much, and which a thread of ours could not wait for. Node has no
 * call that makes a pipe; a named one is made in a folder of ours, opened at both ends, and loses its name at once.
 */
import { execFile } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BackupError } from '../backup-error';
import { findProgram } from './find-program';

/** One end of a pipe. */
export interface PipeEnd {
  /** Its file descriptor; whoever takes it has to close it. It can be taken once. */
  take(): number;
}

export interface Pipe {
  reader: PipeEnd;
  writer: PipeEnd;
}

/** Runs work with two pipes; the ends that it does not take are closed when it is over. */
export async function withPipes<T>(
  path: string,
  work: (first: Pipe, second: Pipe) => Promise<T>,
): Promise<T> {
  const ends: (PipeEnd & { close(): void })[] = [];
  const folder = await mkdtemp(join(tmpdir(), `swfx-pipe-${process.pid}-`));
  try {
    const names = ['first', 'second'].map((name) => join(folder, name));
    await makePipes(path, names);
    const [first, second] = names.map((name) => openPipe(name, ends)) as [Pipe, Pipe];
    await rm(folder, { recursive: true });
    return await work(first, second);
  } finally {
    for (const end of ends) end.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function makePipes(path: string, names: readonly string[]): Promise<void> {
  const program = await findProgram('mkfifo', path);
  if (!program)
    throw new BackupError('client_missing', 'this machine has no mkfifo; on Debian it is in coreutils', {
      permanent: true,
    });
  await promisify(execFile)(program, ['-m', '600', ...names], { env: {}, timeout: 10_000 });
}

function openPipe(name: string, ends: (PipeEnd & { close(): void })[]): Pipe {
  // An end alone would wait for the other one; this one is both.
  const both = openSync(name, 'r+');
  try {
    const reader = pipeEnd(openSync(name, 'r'));
    ends.push(reader);
    const writer = pipeEnd(openSync(name, 'w'));
    ends.push(writer);
    return { reader, writer };
  } finally {
    closeSync(both);
  }
}

function pipeEnd(fd: number): PipeEnd & { close(): void } {
  let taken = false;
  return {
    take() {
      if (taken) throw new Error('this end of the pipe has been taken');
      taken = true;
      return fd;
    },
    close() {
      if (!taken) closeSync(fd);
      taken = true;
    },
  };
}
