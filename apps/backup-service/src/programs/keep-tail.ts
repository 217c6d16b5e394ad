import type { Readable } from 'node:stream';

const limitBytes = 64 * 1024;

/** Keeps the last 64 KiB of what a program says, however much that is; the function returned gives it as text. */
export function keepTail(stream: Readable): () => string {
  let kept: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]).subarray(-limitBytes);
  });
  return () => kept.toString('utf8').trim();
}
