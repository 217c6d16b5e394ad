/**
 * Cuts a stream into parts whose length and hash are known before they are sent, which S3 asks for. A large part waits
 * in a file, so that memory stays flat however large the parts have to be; it is gone once the next one is asked for.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

export interface Part {
  number: number;
  sizeBytes: number;
  /** SHA-256 in base64. */
  sha256: string;
  /** The content; a new stream each time where it is kept in a file. */
  body(): Buffer | Readable;
  last: boolean;
}

const heldInMemoryBytes = 32 * 1024 * 1024;

/** At least one part comes out, which may be empty; `lengthOf` tells how long the part with a number is to be. */
export async function* collectParts(
  source: AsyncIterable<Buffer>,
  lengthOf: (number: number) => number,
  options: { memoryBytes?: number } = {},
): AsyncGenerator<Part, void, void> {
  const memoryBytes = options.memoryBytes ?? heldInMemoryBytes;
  let number = 1;
  let keeper = await openKeeper(lengthOf(number) > memoryBytes);
  try {
    for await (const piece of source) {
      let rest = piece;
      // A full part is sent when more comes: only then is it known not to be the last.
      while (rest.length > 0) {
        const free = lengthOf(number) - keeper.sizeBytes();
        if (free === 0) {
          yield { number, ...(await keeper.finish()), last: false };
          await keeper.drop();
          number += 1;
          keeper = await openKeeper(lengthOf(number) > memoryBytes);
          continue;
        }
        await keeper.add(rest.subarray(0, free));
        rest = rest.subarray(free);
      }
    }
    yield { number, ...(await keeper.finish()), last: true };
  } finally {
    await keeper.drop();
  }
}

interface Keeper {
  sizeBytes(): number;
  add(bytes: Buffer): Promise<void>;
  finish(): Promise<Pick<Part, 'sizeBytes' | 'sha256' | 'body'>>;
  drop(): Promise<void>;
}

async function openKeeper(inFile: boolean): Promise<Keeper> {
  const hash = createHash('sha256');
  const store = inFile ? await openFileStore() : openMemoryStore();
  let sizeBytes = 0;
  return {
    sizeBytes: () => sizeBytes,
    async add(bytes) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      await store.add(bytes);
    },
    finish: async () => ({ sizeBytes, sha256: hash.digest('base64'), body: await store.body() }),
    drop: () => store.drop(),
  };
}

interface Store {
  add(bytes: Buffer): Promise<void>;
  body(): Promise<() => Buffer | Readable>;
  drop(): Promise<void>;
}

function openMemoryStore(): Store {
  let pieces: Buffer[] = [];
  return {
    async add(bytes) {
      pieces.push(bytes);
    },
    async body() {
      const whole = Buffer.concat(pieces);
      pieces = [];
      return () => whole;
    },
    async drop() {
      pieces = [];
    },
  };
}

async function openFileStore(): Promise<Store> {
  const folder = await mkdtemp(join(tmpdir(), 'swfx-part-'));
  const path = join(folder, 'part');
  const file = await open(path, 'wx', 0o600);
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= file.close());
  return {
    async add(bytes) {
      await file.writeFile(bytes);
    },
    async body() {
      await close();
      return () => createReadStream(path, { highWaterMark: 1024 * 1024 });
    },
    async drop() {
      await close().catch(() => undefined);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
