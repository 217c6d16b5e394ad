/**
 * From a dump to what is stored: compression in a process of its own, so that it has a core to itself and our memory
 * stays flat, then encryption, which cannot be compressed; SHA-256 of the dump, and of the bytes as stored, since those
 * are what a storage can be asked for.
 */
import type { Compression } from '../programs/find-compression';
import { createMeter } from '../programs/meter';
import { startRelay } from '../programs/relay';
import { startProgram } from '../programs/start-program';
import type { Pipe, PipeEnd } from '../programs/with-pipes';
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

/** Starts sealing what comes out of a pipe. */
export function sealStream(
  dump: PipeEnd,
  options: {
    compression: Compression;
    /** Through which the dump goes on to the compression. */
    pipe: Pipe;
    /** Undefined for a backup that is not encrypted. */
    encrypt: StreamBinding | undefined;
    signal: AbortSignal;
    onBytes: (dumpedBytes: number) => void;
  },
): Seal {
  const { compression, pipe, encrypt, signal, onBytes } = options;
  const { program, args } = compression;
  const packing = startProgram({ program, args, env: {}, signal, stdin: pipe.reader });
  const dumped = startRelay({ from: dump, to: pipe.writer, signal, onBytes });
  const stored = createMeter();
  const packed: AsyncIterable<Buffer> = packing.stdout;
  return {
    sealed: stored.through(encrypt ? encryptStream(packed, encrypt) : packed),
    parts: [dumped.done, packing.succeeded],
    result: () => ({
      dumpedBytes: dumped.bytes(),
      dumpedSha256: dumped.sha256(),
      storedBytes: stored.bytes(),
      storedSha256: stored.sha256(),
    }),
  };
}
