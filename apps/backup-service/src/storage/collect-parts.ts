/**
 * Cuts a stream into parts whose length and hash are known before they are sent, which S3 asks for. A large part waits
 * in a file, so that memory stays flat however large the parts have to be. Whoever takes a part drops it.
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
  /** Gives its memory or its file back. */
  drop(): Promise<void>;
}

const heldInMemoryBytes = 16 * 1024 * 1024;

/** At least one part comes out, which may be empty; `lengthOf` tells how long the part with a number is to be. */
export async function* collectParts(
  source: AsyncIterable<Buffer>,
  lengthOf: (number: number) => number,
  options: { memoryBytes?: number } = {},
): AsyncGenerator<Part, void, void> {
  const memoryBytes = options.memoryBytes ?? heldInMemoryBytes;
  let number = 1;
  const open = () => openKeeper(lengthOf(number), { inFile: lengthOf(number) > memoryBytes });
  let keeper = await open();
  let taken = false;
  try {
    for await (const piece of source) {
      let rest = piece;
      // A full part is sent when more comes: only then is it known not to be the last.
      while (rest.length > 0) {
        const free = lengthOf(number) - keeper.sizeBytes();
        if (free === 0) {
          const part = { number, ...(await keeper.finish()), last: false };
          taken = true;
          yield part;
          number += 1;
          keeper = await open();
          taken = false;
          continue;
        }
        await keeper.add(rest.subarray(0, free));
        rest = rest.subarray(free);
      }
    }
    const part = { number, ...(await keeper.finish()), last: true };
    taken = true;
    yield part;
  } finally {
    if (!taken) await keeper.drop();
  }
}

interface Keeper {
  sizeBytes(): number;
  add(bytes: Buffer): Promise<void>;
  finish(): Promise<Omit<Part, 'number' | 'last'>>;
  drop(): Promise<void>;
}

async function openKeeper(capacity: number, { inFile }: { inFile: boolean }): Promise<Keeper> {
  const hash = createHash('sha256');
  const store = inFile ? await openFileStore() : openMemoryStore(capacity);
  let sizeBytes = 0;
  return {
    sizeBytes: () => sizeBytes,
    async add(bytes) {
      hash.update(bytes);
      sizeBytes += bytes.length;
      await store.add(bytes);
    },
    finish: async () => ({
      sizeBytes,
      sha256: hash.digest('base64'),
      body: await store.body(),
      drop: () => store.drop(),
    }),
    drop: () => store.drop(),
  };
}

interface Store {
  add(bytes: Buffer): Promise<void>;
  body(): Promise<() => Buffer | Readable>;
  drop(): Promise<void>;
}

function openMemoryStore(capacity: number): Store {
  // A short object, such as a manifest, must not take the memory of a whole part.
  let whole: Buffer = Buffer.alloc(0);
  let used = 0;
  return {
    async add(bytes) {
      if (used + bytes.length > whole.length)
        whole = grown(whole, used, Math.min(capacity, 2 * (used + bytes.length)));
      bytes.copy(whole, used);
      used += bytes.length;
    },
    body: async () => () => whole.subarray(0, used),
    async drop() {
      whole = Buffer.alloc(0);
    },
  };
}

function grown(from: Buffer, used: number, capacity: number): Buffer {
  const larger = Buffer.allocUnsafe(capacity);
  from.copy(larger, 0, 0, used);
  return larger;
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
