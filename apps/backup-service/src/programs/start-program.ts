/**
 * A child process that stands in a pipeline. It has succeeded only when it has ended with code 0 *and* all its output
 * has been taken: a stream that merely ends proves nothing, because the output of a program that died ends too.
 * There is no shell; what is secret goes through the environment or a file, never through the arguments.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { basename } from 'node:path';
import { PassThrough, pipeline, type Readable, type Writable } from 'node:stream';
import { keepTail } from './keep-tail';
import { ProgramError } from './program-error';

export interface ProgramOptions {
  program: string;
  args: readonly string[];
  env?: NodeJS.ProcessEnv;
  /** Aborting it ends the program and all that it has started. */
  signal: AbortSignal;
}

export interface RunningProgram {
  stdin: Writable;
  stdout: Readable;
  /** Resolves when the program has succeeded, to what it wrote on stderr; rejects with `ProgramError`. */
  succeeded: Promise<string>;
}

const killAfterMs = 2_000;

/** Starts a program with all three streams piped. */
export function startProgram(options: ProgramOptions): RunningProgram {
  const name = basename(options.program);
  // A process group of its own: Ctrl-C on a terminal reaches us alone, and killing it takes its children along.
  const child = spawn(options.program, options.args, { env: options.env, detached: true });
  const stderr = keepTail(child.stderr);
  // Node throws away what nobody has begun to read when a program ends, so that reading begins here and now.
  const stdout = new PassThrough();
  pipeline(child.stdout, stdout, () => undefined);
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
  for (const stream of [child.stdin, stdout, child.stderr]) stream.on('error', () => undefined);
  succeeded.catch(() => undefined);
  return { stdin: child.stdin, stdout, succeeded };
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
