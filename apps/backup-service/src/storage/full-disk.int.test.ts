import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';

describe('a disk that is full', () => {
  it('at whatever byte leaves nothing of the new object, and all of the old one', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swfx-full-'));
    const script = join(folder, 'fill-disk.cjs');
    await build({
      entryPoints: [join(__dirname, '../testing/fill-disk.ts')],
      bundle: true,
      platform: 'node',
      outfile: script,
      logLevel: 'error',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [script, join(folder, 'backups')]);
    const ends = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { bytes: number; reason: string; left: string[] });
    expect(ends.length).toBeGreaterThan(10);
    for (const { bytes, ...end } of ends)
      expect({ bytes, ...end }).toEqual({ bytes, reason: 'storage_failed', left: ['a/object 3'] });
    await rm(folder, { recursive: true });
  });
});
