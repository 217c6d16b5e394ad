import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { waitUntil } from '@swfx/testkit';
import type { BackupStorage } from './backup-storage';
import { itIsABackupStorage } from '../testing/storage-contract';
import { openLocalStorage } from './local-storage';

const never = new AbortController().signal;
const run = promisify(execFile);

async function* chunks(...parts: string[]): AsyncGenerator<Buffer> {
  for (const part of parts) yield Buffer.from(part);
}

describe('the local storage', () => {
  let root: string;
  let storage: BackupStorage;
  beforeEach(async () => {
    root = join(await mkdtemp(join(tmpdir(), 'swfx-storage-')), 'backups');
    storage = await openLocalStorage(root);
  });
  afterEach(() => rm(join(root, '..'), { recursive: true, force: true }));
  itIsABackupStorage(() => storage);

  it('lets only its own user read what is stored', async () => {
    await storage.put('a/object', chunks('secret'), never);
    expect((await stat(join(root, 'a/object'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
  });

  it('says that the disk is full, and leaves nothing', async () => {
    await mkdir(join(root, 'a'));
    await symlink('/dev/full', join(root, 'a/object.partial'));
    await expect(storage.put('a/object', chunks('x'), never)).rejects.toMatchObject({
      reason: 'storage_failed',
      message: `the disk of the backup folder ${root} is full`,
    });
    expect(await storage.list('')).toEqual([]);
  });

  it('does not make its folder again where it has gone, since the disk may not be mounted', async () => {
    await rm(root, { recursive: true });
    await expect(storage.put('a/object', chunks('x'), never)).rejects.toMatchObject({
      reason: 'storage_failed',
      message: `the backup folder ${root} is not there`,
    });
    await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not call a backup missing where its own folder has gone', async () => {
    await rm(root, { recursive: true });
    const gone = { reason: 'storage_failed', message: `the backup folder ${root} is not there` };
    await expect(storage.get('a/object')).rejects.toMatchObject(gone);
    await expect(storage.list('')).rejects.toMatchObject(gone);
  });

  /** A pipe that nobody opens at its other end is to a file what a dead mount is to a folder: the call never returns. */
  describe('that never answers', () => {
    const pipe = (name: string) => run('mkfifo', [join(root, 'a', name)]);
    const release = async (name: string) => (await open(join(root, 'a', name), 'r+')).close();
    beforeEach(async () => {
      storage = await openLocalStorage(root, 'local', 100);
      await mkdir(join(root, 'a'));
    });
    const silence = () => ({ reason: 'storage_failed', message: `${root} has said nothing for 0.1 s` });

    it('is not waited for when it is written to, nor asked again before it has come back', async () => {
      await pipe('object.partial');
      await expect(storage.put('a/object', chunks('x'), never)).rejects.toMatchObject(silence());
      await expect(storage.list('')).rejects.toMatchObject(silence());
      await release('object.partial');
      await waitUntil(() => storage.list('').then(() => true));
    });

    it('is not waited for when it is read, and nobody takes the object for a short one', async () => {
      await pipe('object');
      const reading = buffer((await storage.get('a/object')) as Readable);
      await expect(reading).rejects.toMatchObject({
        reason: 'storage_failed',
        message: `the backup folder ${root} failed: nothing came for 0.1 s`,
      });
      await release('object');
    });
  });

  it('says that what should be a folder is none', async () => {
    const file = join(root, 'file');
    await writeFile(file, '');
    await expect(openLocalStorage(file)).rejects.toMatchObject({
      message: `the backup folder ${file} is not a folder`,
    });
  });

  it('removes a folder with the last object in it', async () => {
    await storage.put('a/b/one', chunks('1'), never);
    await storage.put('a/b/two', chunks('2'), never);
    await storage.remove('a/b/one');
    await storage.remove('a/b/two');
    expect(await readdir(join(root, 'a'))).toEqual([]);
  });
});
