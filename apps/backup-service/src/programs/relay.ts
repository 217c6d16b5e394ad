/**
 * Hands on what comes out of one pipe into another, and hashes it on the way: 1 GB of a dump in a second of one core. A
 * thread of its own does it, with one piece of memory and calls that wait, since a stream of Node takes twice as long,
 * most of it for events and for memory that is thrown away. It ends with the programs at its ends: the one before
 * closes the pipe, the one behind breaks it.
 */
import { closeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { PipeEnd } from './with-pipes';

export interface Relay {
  /** Resolves when all has been handed on; rejects with what broke a pipe, or when it is aborted. */
  done: Promise<void>;
  bytes(): number;
  /** SHA-256 of all that went through, in hexadecimal; empty before it is done. */
  sha256(): string;
}

type Message = { bytes: number; sha256?: string };

/** Starts it; `onBytes` is told the running count now and then. */
export function startRelay(options: {
  from: PipeEnd;
  to: PipeEnd;
  signal: AbortSignal;
  onBytes?: (bytes: number) => void;
}): Relay {
  const { signal, onBytes } = options;
  const ends = { from: options.from.take(), to: options.to.take() };
  let said: Message = { bytes: 0 };
  const thread = startThread(ends);
  const done = new Promise<void>((resolve, reject) => {
    thread.on('message', (message: Message) => {
      said = message;
      onBytes?.(message.bytes);
    });
    thread.once('error', reject);
    thread.once('exit', () => {
      // Not earlier: a number that is free again may be given to another file while the thread still uses it.
      closeSync(ends.from);
      closeSync(ends.to);
      if (said.sha256 === undefined) reject(new Error('the thread that hands on a dump ended too early'));
      else resolve();
    });
    // It cannot be called back while it waits for a program; the programs are being ended too.
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  done.catch(() => undefined);
  return { done, bytes: () => said.bytes, sha256: () => said.sha256 ?? '' };
}

function startThread(ends: { from: number; to: number }): Worker {
  try {
    const code = `(${handOn.toString()})()`;
    return new Worker(code, { eval: true, workerData: ends, env: {}, trackUnmanagedFds: false });
  } catch (error) {
    closeSync(ends.from);
    closeSync(ends.to);
    throw error;
  }
}

/** The thread, which is handed its text alone, so that it may name nothing but what Node itself has. */
function handOn(): void {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { readSync, writeSync } = process.getBuiltinModule('node:fs');
  const thread = process.getBuiltinModule('node:worker_threads');
  const { from, to } = thread.workerData as { from: number; to: number };
  const sayEveryBytes = 8 * 1024 * 1024;
  const piece = Buffer.allocUnsafeSlow(256 * 1024);
  const hash = createHash('sha256');
  let bytes = 0;
  let said = 0;
  for (;;) {
    const read = readSync(from, piece, 0, piece.length, null);
    if (read === 0) break;
    hash.update(piece.subarray(0, read));
    for (let written = 0; written < read;) written += writeSync(to, piece, written, read - written);
    bytes += read;
    if (bytes - said >= sayEveryBytes) thread.parentPort?.postMessage({ bytes: (said = bytes) });
  }
  thread.parentPort?.postMessage({ bytes, sha256: hash.digest('hex') });
}
