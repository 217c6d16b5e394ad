import { createSecretKey, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { chunkBytes, decryptStream, encryptStream, headerBytes, UnsealError } from './cipher-stream';

const dataKey = createSecretKey(Buffer.alloc(32, 7));
const binding = { dataKey, backupId: 'one' };
const stored = chunkBytes + 16;

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const encrypt = (bytes: Buffer, size = 10_000) => buffer(encryptStream(inPieces(bytes, size), binding));
const decrypt = (bytes: Buffer, using = binding, size = 7_777) =>
  buffer(decryptStream(inPieces(bytes, size), using));
/** The header, and each chunk with its tag. */
function parts(sealed: Buffer): Buffer[] {
  const chunks: Buffer[] = [sealed.subarray(0, headerBytes)];
  for (let at = headerBytes; at < sealed.length; at += stored) chunks.push(sealed.subarray(at, at + stored));
  return chunks;
}

describe('an encrypted stream', () => {
  const plain = randomBytes(3 * chunkBytes + 100);
  let sealed: Buffer;
  beforeAll(async () => {
    sealed = await encrypt(plain);
  });

  it('comes back as it was, whatever its length and however it is cut', async () => {
    const lengths = fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: -2, max: 2 }).map((more) => chunkBytes + more),
      fc.integer({ min: -2, max: 2 }).map((more) => 2 * chunkBytes + more),
    );
    const cut = fc.integer({ min: 1, max: 3 * chunkBytes });
    await fc.assert(
      fc.asyncProperty(lengths, cut, cut, async (length, first, second) => {
        const bytes = Buffer.alloc(length, 'ä');
        const again = await decrypt(await encrypt(bytes, first), binding, second);
        expect(again.equals(bytes)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('never has the same bytes twice, and nothing of what it hides', async () => {
    const zeros = await encrypt(Buffer.alloc(2 * chunkBytes));
    const [, first, second] = parts(zeros);
    expect(first?.equals(second as Buffer)).toBe(false);
    expect((await encrypt(plain)).equals(sealed)).toBe(false);
  });

  /** Each is a thing that plain AES-GCM over chunks, without counter, flag and binding, would let through. */
  it.each<[string, (chunks: Buffer[]) => Buffer[]]>([
    ['was cut behind a whole chunk', (chunks) => chunks.slice(0, 3)],
    ['was cut before the last chunk', (chunks) => chunks.slice(0, -1)],
    ['was cut within a chunk', (chunks) => [...chunks.slice(0, 3), chunks[3]?.subarray(0, 99) as Buffer]],
    ['was cut behind the header', ([header]) => [header as Buffer]],
    ['was cut within the header', ([header]) => [header?.subarray(0, 5) as Buffer]],
    ['is empty', () => []],
    ['had two chunks exchanged', ([h, a, b, ...rest]) => [h, b, a, ...rest] as Buffer[]],
    ['had a chunk repeated', ([h, a, ...rest]) => [h, a, a, ...rest] as Buffer[]],
    ['had its last chunk repeated', (chunks) => [...chunks, chunks.at(-1) as Buffer]],
    ['had a chunk left out', ([h, , ...rest]) => [h, ...rest] as Buffer[]],
    ['had its first chunk left out', ([h, a, b]) => [h, b, a] as Buffer[]],
    ['goes on after its end', (chunks) => [...chunks, Buffer.from('x')]],
  ])('does not open when it %s', async (_, change) => {
    await expect(decrypt(Buffer.concat(change(parts(sealed))))).rejects.toBeInstanceOf(UnsealError);
  });

  it('does not open when a single bit differs, wherever', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(sealed.length - 1), fc.nat(7), async (at, bit) => {
        const changed = Buffer.from(sealed);
        changed.writeUInt8(changed.readUInt8(at) ^ (1 << bit), at);
        await expect(decrypt(changed)).rejects.toBeInstanceOf(UnsealError);
      }),
      { numRuns: 40 },
    );
  });

  it('does not open with another key, for another backup, or with a piece of another backup in it', async () => {
    await expect(
      decrypt(sealed, { ...binding, dataKey: createSecretKey(randomBytes(32)) }),
    ).rejects.toThrow();
    await expect(decrypt(sealed, { ...binding, backupId: 'two' })).rejects.toThrow(
      'does not open at chunk 0',
    );
    const [other] = [parts(await encrypt(plain))];
    const spliced = parts(sealed).map((part, at) => (at === 2 ? (other[2] as Buffer) : part));
    await expect(decrypt(Buffer.concat(spliced))).rejects.toThrow('does not open at chunk 1');
  });

  it('hands on nothing of a chunk that does not open, and no chunk after it', async () => {
    const changed = Buffer.from(sealed);
    const at = headerBytes + stored + 5;
    changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
    const handedOn: Buffer[] = [];
    const read = async () => {
      for await (const chunk of decryptStream(inPieces(changed, 50_000), binding)) handedOn.push(chunk);
    };
    await expect(read()).rejects.toThrow('does not open at chunk 1');
    expect(Buffer.concat(handedOn).equals(plain.subarray(0, chunkBytes))).toBe(true);
  });
});
