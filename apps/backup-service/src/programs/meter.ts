import { createHash } from 'node:crypto';

/** A stage of a pipeline that lets everything through, counts it and hashes it. */
export interface Meter {
  through(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void>;
  bytes(): number;
  /** SHA-256 of all that went through, in hexadecimal; asked once, at the end. */
  sha256(): string;
}

/** Makes a meter; `onBytes` is told the running count, for progress. */
export function createMeter(onBytes: (bytes: number) => void = () => undefined): Meter {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    async *through(source) {
      for await (const chunk of source) {
        hash.update(chunk);
        bytes += chunk.length;
        onBytes(bytes);
        yield chunk;
      }
    },
    bytes: () => bytes,
    sha256: () => hash.digest('hex'),
  };
}
