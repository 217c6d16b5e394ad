import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

/** A stage of a pipeline that lets everything through, counts it and hashes it. */
export interface Meter {
  stream: Transform;
  bytes(): number;
  /** SHA-256 of all that went through, in hexadecimal; asked once, at the end. */
  sha256(): string;
}

/** Makes a meter; `onBytes` is told the running count, for progress. */
export function createMeter(onBytes: (bytes: number) => void = () => undefined): Meter {
  const hash = createHash('sha256');
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      onBytes(bytes);
      done(null, chunk);
    },
  });
  return { stream, bytes: () => bytes, sha256: () => hash.digest('hex') };
}
