/**
 * From a dump to what is stored: zstd in a process of its own, so that compression has a core to itself and our memory
 * stays flat, then encryption, which cannot be compressed; SHA-256 of the dump, and of the bytes as stored, since those
 * are what a storage can be asked for.
 */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createMeter } from '../programs/meter';
import { startProgram } from '../programs/start-program';
import { encryptStream, type StreamBinding } from './cipher-stream';

export interface Seal {
  /** What is to be stored. */
  sealed: AsyncIterable<Buffer>;
  /** The parts that must all succeed, for `runTogether`. */
  parts: Promise<unknown>[];
  /** Sizes and hashes, once all parts have succeeded. */
  result(): SealResult;
}

export interface SealResult {
  dumpedBytes: number;
  dumpedSha256: string;
  storedBytes: number;
  storedSha256: string;
}

/** Starts sealing a stream. */
export function sealStream(
  dump: Readable,
  options: {
    zstd: string;
    level: number;
    /** Undefined for a backup that is not encrypted. */
    encrypt: StreamBinding | undefined;
    signal: AbortSignal;
    onBytes: (dumpedBytes: number) => void;
  },
): Seal {
  const { zstd, level, encrypt, signal } = options;
  const dumped = createMeter(options.onBytes);
  const stored = createMeter();
  const compression = startProgram({
    program: zstd,
    args: [`-${level}`, '--quiet', '--stdout'],
    env: {},
    signal,
  });
  const compressed: AsyncIterable<Buffer> = compression.stdout;
  return {
    sealed: stored.through(encrypt ? encryptStream(compressed, encrypt) : compressed),
    parts: [
      pipeline(dump, (source) => dumped.through(source), compression.stdin, { signal }),
      compression.succeeded,
    ],
    result: () => ({
      dumpedBytes: dumped.bytes(),
      dumpedSha256: dumped.sha256(),
      storedBytes: stored.bytes(),
      storedSha256: stored.sha256(),
    }),
  };
}
