import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { collectParts } from './collect-parts';

const kept = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('swfx-part-'));

describe('collectParts', () => {
  it('cuts a stream into full parts and a last one, in memory or in files alike', async () => {
    const before = await kept();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 40 })),
        fc.nat(40),
        async (pieces, memoryBytes) => {
          const whole = Buffer.concat(pieces);
          const source = Readable.from(
            pieces.map((piece) => Buffer.from(piece)).filter((piece) => piece.length > 0),
          );
          const contents: Buffer[] = [];
          for await (const part of collectParts(source, (number) => 10 * number, { memoryBytes })) {
            const body = part.body();
            const bytes = Buffer.isBuffer(body) ? body : await buffer(body);
            expect(part.sha256).toBe(createHash('sha256').update(bytes).digest('base64'));
            expect(part.sizeBytes).toBe(bytes.length);
            if (!part.last) expect(bytes).toHaveLength(10 * part.number);
            contents.push(Buffer.from(bytes));
            await part.drop();
          }
          expect(Buffer.concat(contents).equals(whole)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
    expect(await kept()).toEqual(before);
  });

  it('leaves no file behind when its source breaks, or nobody wants the rest', async () => {
    const before = await kept();
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(25);
      throw new Error('it broke');
    }
    const collect = async () => {
      for await (const part of collectParts(broken(), () => 10, { memoryBytes: 0 })) await part.drop();
    };
    await expect(collect()).rejects.toThrow('it broke');
    for await (const part of collectParts(Readable.from([Buffer.alloc(50)]), () => 10, { memoryBytes: 0 })) {
      await part.drop();
      break;
    }
    expect(await kept()).toEqual(before);
  });
});
