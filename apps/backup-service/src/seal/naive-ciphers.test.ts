/**
 * The ways in which others encrypt a long stream, and what each lets through without a word. The same is then asked of
 * ours: a test that only ours can pass is one that would have caught theirs.
 */
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { chunkBytes, chunkNonce, decryptStream, encryptStream, headerBytes } from './cipher-stream';

const key = createSecretKey(Buffer.alloc(32, 7));
const binding = { dataKey: key, backupId: 'one' };
const blockBytes = 16;

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

describe('one AES-GCM message for the whole dump', () => {
  /** NIST SP 800-38D, 6.5: the counter behind the nonce has 32 bits, begins at 2, and comes round. */
  const keyStreamBlock = (nonce: Buffer, block: number): Buffer => {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE((block + 2) % 2 ** 32);
    const ecb = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false);
    return ecb.update(Buffer.concat([nonce, counter]));
  };
  const nonce = randomBytes(12);

  it('is what this test takes it for', () => {
    const gcm = createCipheriv('aes-256-gcm', key, nonce);
    const stream = gcm.update(Buffer.alloc(3 * blockBytes));
    expect(stream).toEqual(Buffer.concat([0, 1, 2].map((block) => keyStreamBlock(nonce, block))));
  });

  it('hides what is behind 64 GiB with the key stream of its beginning', () => {
    const at64GiB = 2 ** 36 / blockBytes;
    expect(keyStreamBlock(nonce, at64GiB)).toEqual(keyStreamBlock(nonce, 0));
  });

  it('is not what we do: no two blocks of a stream have the same key stream, up to the 256 TiB that are refused', () => {
    const header = randomBytes(headerBytes);
    const blocks = chunkBytes / blockBytes;
    const spot = fc.record({ chunk: fc.nat(2 ** 32 - 1), block: fc.nat(blocks - 1), last: fc.boolean() });
    const of = ({ chunk, block, last }: { chunk: number; block: number; last: boolean }) =>
      keyStreamBlock(chunkNonce(header, chunk, last), block).toString('hex');
    fc.assert(
      fc.property(spot, spot, (a, b) => {
        const same = a.chunk === b.chunk && a.block === b.block && a.last === b.last;
        return same === (of(a) === of(b));
      }),
    );
    // The very places where one message comes round.
    const beginning = of({ chunk: 0, block: 0, last: false });
    expect(of({ chunk: 2 ** 36 / chunkBytes, block: 0, last: false })).not.toBe(beginning);
    expect(() => chunkNonce(header, 2 ** 32, false)).toThrow('cannot be encrypted');
  });
});

describe('chunks that are numbered, and of which none is marked as the last', () => {
  const nonceOf = (counter: number) => {
    const nonce = Buffer.alloc(12);
    nonce.writeUInt32BE(counter, 8);
    return nonce;
  };
  const cut = (bytes: Buffer, size: number) =>
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    );
  const seal = (bytes: Buffer) =>
    Buffer.concat(
      cut(bytes, chunkBytes).map((chunk, counter) => {
        const cipher = createCipheriv('aes-256-gcm', key, nonceOf(counter));
        return Buffer.concat([cipher.update(chunk), cipher.final(), cipher.getAuthTag()]);
      }),
    );
  const open = (bytes: Buffer) =>
    Buffer.concat(
      cut(bytes, chunkBytes + blockBytes).map((chunk, counter) => {
        const cipher = createDecipheriv('aes-256-gcm', key, nonceOf(counter));
        cipher.setAuthTag(chunk.subarray(-blockBytes));
        return Buffer.concat([cipher.update(chunk.subarray(0, -blockBytes)), cipher.final()]);
      }),
    );
  const plain = randomBytes(3 * chunkBytes);

  it('open as a shorter dump when they were cut behind one', () => {
    const shortened = seal(plain).subarray(0, 2 * (chunkBytes + blockBytes));
    expect(open(shortened)).toEqual(plain.subarray(0, 2 * chunkBytes));
  });

  it('are not what we write: wherever ours is cut, it does not open', async () => {
    const sealed = await buffer(encryptStream(whole(plain), binding));
    expect(await buffer(decryptStream(whole(sealed), binding))).toEqual(plain);
    for (let chunks = 0; chunks < 3; chunks += 1) {
      const shortened = sealed.subarray(0, headerBytes + chunks * (chunkBytes + blockBytes));
      await expect(buffer(decryptStream(whole(shortened), binding))).rejects.toThrow('encrypted dump');
    }
  });
});
