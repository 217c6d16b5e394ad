import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningStack, takeLock } from './stack-lock';

describe('takeLock', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-lock-'));
    file = join(folder, 'stack.lock');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('refuses a second start while the first is running, and names it', async () => {
    await takeLock(file);
    await expect(takeLock(file)).rejects.toThrow(`The stack is already running (pid ${process.pid})`);
  });

  it('is free again when it has been released', async () => {
    await (await takeLock(file)).release();
    await expect(takeLock(file)).resolves.toBeDefined();
  });

  it('goes over the lock of one that was killed', async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startedAt: 'before the machine was started' }));
    expect(await runningStack(file)).toBeUndefined();
    await expect(takeLock(file)).resolves.toBeDefined();
  });

  it('goes over a lock that was torn', async () => {
    await writeFile(file, '{"pid":');
    await expect(takeLock(file)).resolves.toBeDefined();
  });
});
