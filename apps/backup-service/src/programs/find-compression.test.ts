import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { findCompression, findExpansion, type CompressionSettings, type Filter } from './find-compression';
import { startProgram } from './start-program';

const never = new AbortController().signal;
const path = process.env['PATH'] ?? '';

async function through(filter: Filter, input: Buffer): Promise<Buffer> {
  const { program, args } = filter;
  const running = startProgram({ program, args, env: {}, signal: never });
  running.stdin.end(input);
  const [output] = await Promise.all([buffer(running.stdout), running.succeeded]);
  return output;
}

describe('findCompression', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-zstd-'));
    await writeFile(
      join(folder, 'zstd'),
      '#!/bin/sh\necho "zstd: libzstd.so.1: cannot open" >&2; exit 127\n',
    );
    await chmod(join(folder, 'zstd'), 0o755);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const content = Buffer.from('a row of a table\n'.repeat(100_000));
  async function roundTrip(searched: string, settings: CompressionSettings) {
    const packing = await findCompression(searched, settings);
    const unpacking = packing && (await findExpansion(packing.name, path));
    if (!packing || !unpacking) throw new Error('the programs are missing');
    const packed = await through(packing, content);
    expect(packed.length).toBeLessThan(content.length / 100);
    expect((await through(unpacking, packed)).equals(content)).toBe(true);
    // What was cut is no success, whichever program it was.
    await expect(through(unpacking, packed.subarray(0, -9))).rejects.toThrow('failed with code');
    return packing;
  }

  it('is zstd, at the level and with the threads that were asked for', async () => {
    expect(await roundTrip(path, { level: 1, threads: 1 })).toMatchObject({
      name: 'zstd',
      args: ['-1', '-q', '-c'],
    });
    expect(await roundTrip(path, { level: 7, threads: 2 })).toMatchObject({
      args: ['-7', '-T2', '-q', '-c'],
    });
    expect(await roundTrip(path, { level: 3, threads: 0 })).toMatchObject({
      args: ['-3', '-T0', '-q', '-c'],
    });
  });

  it('is gzip where zstd does not run, at a level that it knows', async () => {
    const searched = `${folder}:${path}`;
    expect(await roundTrip(searched, { level: 2, threads: 4 })).toMatchObject({
      name: 'gzip',
      args: ['-2', '-c'],
    });
    // A backup is not to be called corrupt for what unpacks it.
    expect(await findExpansion('zstd', searched)).toBeUndefined();
    expect(await roundTrip(searched, { level: 19, threads: 1 })).toMatchObject({ args: ['-9', '-c'] });
  });
});
