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

const heldInMemoryBytes = 8 * 1024 * 1024;

/** At least one part comes out, which may be empty; `lengthOf` tells how long the part with a number is to be. */
export async function* collectParts(
  source: AsyncIterable<Buffer>,
  lengthOf: (number: number) => number,
  options: { memoryBytes?: number } = {},
): AsyncGenerator<Part, void, void> {
  const memoryBytes = options.memoryBytes ?? heldInMemoryBytes;
  let number = 1;
  // What a part that was sent has given back serves the next but one; the collector of garbage would let several pile up.
  const spare: Buffer[] = [];
  const open = () => openKeeper(lengthOf(number), { inFile: lengthOf(number) > memoryBytes, spare });
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

async function openKeeper(
  capacity: number,
  { inFile, spare }: { inFile: boolean; spare: Buffer[] },
): Promise<Keeper> {
  const hash = createHash('sha256');
  const store = inFile ? await openFileStore() : openMemoryStore(capacity, spare);
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

function openMemoryStore(capacity: number, spare: Buffer[]): Store {
  // Memory that nothing was written to is none: a short object, such as a manifest, does not take that of a whole part.
  const at = spare.findIndex(({ length }) => length === capacity);
  let whole: Buffer | undefined = at < 0 ? Buffer.allocUnsafeSlow(capacity) : spare.splice(at, 1)[0];
  let used = 0;
  return {
    async add(bytes) {
      used += bytes.copy(whole as Buffer, used);
    },
    body: async () => () => (whole as Buffer).subarray(0, used),
    async drop() {
      if (whole) spare.push(whole);
      whole = undefined;
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
