/**
 * A child process that stands in a pipeline. It has succeeded only when it has ended with code 0 *and* all its output
 * has been taken: a stream that merely ends proves nothing, because the output of a program that died ends too.
 * There is no shell; what is secret goes through the environment or a file, never through the arguments.
 */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import { closeSync } from 'node:fs';
import { basename } from 'node:path';
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream';
import { keepTail } from './keep-tail';
import { ProgramError } from './program-error';
import type { PipeEnd } from './with-pipes';

export interface ProgramOptions {
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Aborting it ends the program and all that it has started. */
  signal: AbortSignal;
  /** Ends of pipes that it reads from and writes to, in the place of our streams; they are closed here. */
  stdin?: PipeEnd;
  stdout?: PipeEnd;
}

export interface RunningProgram {
  /** What is written here it reads, unless it reads from a pipe; the same with what it writes. */
  stdin: Writable;
  stdout: Readable;
  /** Resolves when the program has succeeded, to what it wrote on stderr; rejects with `ProgramError`. */
  succeeded: Promise<string>;
}

const killAfterMs = 2_000;

/** Starts a program. */
export function startProgram(options: ProgramOptions): RunningProgram {
  const name = basename(options.program);
  const child = spawnWith(options);
  const stderr = keepTail(child.stderr);
  const stdin = child.stdin ?? closed();
  // Node throws away what nobody has begun to read when a program ends, so that reading begins here and now.
  const stdout = new PassThrough();
  if (child.stdout) pipeline(child.stdout, stdout, () => undefined);
  else stdout.end();
  const onAbort = () => endGroup(child);
  const succeeded = new Promise<string>((resolve, reject) => {
    child.once('error', (cause) => reject(new ProgramError(name, { stderr: '', cause })));
    child.once('close', (code, signal) => {
      if (code === 0) resolve(stderr());
      else reject(new ProgramError(name, { code, signal, stderr: stderr() }));
    });
  });
  child.once('close', () => options.signal.removeEventListener('abort', onAbort));
  if (options.signal.aborted) onAbort();
  else options.signal.addEventListener('abort', onAbort);
  // Whoever pipes sees these errors too; without a listener of our own a late one would end the process.
  for (const stream of [stdin, stdout, child.stderr]) stream.on('error', () => undefined);
  succeeded.catch(() => undefined);
  return { stdin, stdout, succeeded };
}

type Child = ChildProcessByStdio<Writable | null, Readable | null, Readable>;

function spawnWith({ program, args, env, stdin, stdout }: ProgramOptions): Child {
  const [from, to] = [stdin?.take(), stdout?.take()];
  try {
    // A process group of its own: Ctrl-C on a terminal reaches us alone, and killing it takes its children along.
    const streams = [from ?? 'pipe', to ?? 'pipe', 'pipe'] as const;
    return spawn(program, args, { env, detached: true, stdio: [...streams] }) as Child;
  } finally {
    // The program has its own; with ours left open, whoever is at the other end would never see it end.
    for (const fd of [from, to]) if (fd !== undefined) closeSync(fd);
  }
}

function closed(): Writable {
  return new PassThrough().end();
}

function endGroup(child: ChildProcess): void {
  signalGroup(child, 'SIGTERM');
  const force = setTimeout(() => signalGroup(child, 'SIGKILL'), killAfterMs);
  child.once('close', () => clearTimeout(force));
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended in this very moment, which is what was wanted.
  }
}
