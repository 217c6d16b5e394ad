/**
 * Backups in a folder of this machine. An object is written under another name, flushed, renamed, and its folders
 * flushed: after a crash at any step it is there in whole or not at all. The folder itself is made when the service
 * starts and never afterwards: where a disk is no longer mounted, a new folder would fill the disk beneath it.
 */
import { createReadStream } from 'node:fs';
import { link, mkdir, open, readdir, rename, rm, rmdir, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { errorMessage } from '@swfx/errors';
import { BackupError } from '../backup-error';
import type { BackupStorage, PutHints, StoredObject } from './backup-storage';
import { putFrom } from './put-from';
import { readGuarded } from './read-guarded';
import { withPatience } from './with-patience';

/** As long as a large file may take to reach a slow disk once all of it was written. */
const usualPatienceMs = 600_000;

/** Opens the folder `root` as a storage; makes it when it is not there. */
export async function openLocalStorage(
  root: string,
  name = 'local',
  patienceMs = usualPatienceMs,
): Promise<BackupStorage> {
  await mkdir(root, { recursive: true, mode: 0o700 }).catch((error: unknown) => fail(root, error));
  return localStorageAt(root, name, patienceMs);
}

/** The folder as a storage, be it there or not: what is asked of one that is not says so. */
export function localStorageAt(root: string, name: string, patienceMs = usualPatienceMs): BackupStorage {
  const storage: BackupStorage = {
    name,
    place: resolve(root),
    put: (key, source, signal, hints = {}) =>
      putFrom(
        source,
        (content) => putFile(root, key, { content, signal, hints }),
        (error) => fail(root, error),
      ),
    get: (key) => openFile(root, key, patienceMs).catch((error) => fail(root, error)),
    list: async (prefix) => {
      const all = await listFiles(root, root).catch((error) => fail(root, error));
      return all.filter(({ key }) => key.startsWith(prefix));
    },
    remove: (key) => removeFile(root, key).catch((error) => fail(root, error)),
    freeBytes: async () => {
      const { bavail, bsize } = await statfs(root).catch((error) => fail(root, error));
      return bavail * bsize;
    },
    // What an interrupted upload leaves here is a file, and therefore listed.
    sweepUploads: async () => 0,
  };
  return withPatience(storage, patienceMs);
}

async function putFile(
  root: string,
  key: string,
  { content, signal, hints }: { content: AsyncIterable<Buffer>; signal: AbortSignal; hints: PutHints },
): Promise<void> {
  const path = join(root, key);
  const partial = `${path}.partial`;
  const folders = await makeFolders(root, dirname(path));
  try {
    await writeDurably(partial, content, signal);
    if (hints.onlyIfAbsent) await linkInPlace(partial, path);
    else await rename(partial, path);
    for (const folder of folders) await flushFolder(folder);
  } catch (error) {
    await removeFile(root, `${key}.partial`).catch(() => undefined);
    throw error;
  }
}

/** A link, unlike a rename, never replaces what is there. */
async function linkInPlace(partial: string, path: string): Promise<void> {
  await link(partial, path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
    throw new BackupError('storage_failed', `${path} is there already`, { cause: error });
  });
  await rm(partial);
}

async function writeDurably(
  path: string,
  content: AsyncIterable<Buffer>,
  signal: AbortSignal,
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await writeFile(file, content, { signal });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the folders between the root and a file, and returns all of them, innermost first, with the root. */
async function makeFolders(root: string, folder: string): Promise<string[]> {
  if (folder === root) return [root];
  const outer = await makeFolders(root, dirname(folder));
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return [folder, ...outer];
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

async function openFile(root: string, key: string, silenceMs: number): Promise<Readable | undefined> {
  const path = join(root, key);
  const found = await stat(path).catch(ignoreMissing);
  // A file that is missing says something about a backup; a whole folder that is, about this machine.
  if (!found) return void (await stat(root));
  const content = createReadStream(path, { highWaterMark: 1024 * 1024 });
  return readGuarded(content, (error) => fail(root, error), { silenceMs });
}

async function listFiles(root: string, folder: string): Promise<StoredObject[]> {
  const missing = folder === root ? (error: unknown) => fail(root, error) : ignoreMissing;
  const entries = (await readdir(folder, { withFileTypes: true }).catch(missing)) ?? [];
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return listFiles(root, path);
      const details = await stat(path).catch(ignoreMissing);
      return details ? [{ key: relative(root, path), sizeBytes: details.size }] : [];
    }),
  );
  return found.flat();
}

/** Removes a file, and its folder when that was the last one in it. */
async function removeFile(root: string, key: string): Promise<void> {
  const path = join(root, key);
  await rm(path, { force: true });
  if (dirname(path) !== root) await rmdir(dirname(path)).catch(() => undefined);
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

const sentences: Record<string, (root: string) => string> = {
  ENOSPC: (root) => `the disk of the backup folder ${root} is full`,
  EFBIG: (root) => `a file in the backup folder ${root} may not be so long`,
  EDQUOT: (root) => `the disk quota of the backup folder ${root} is used up`,
  ENOENT: (root) => `the backup folder ${root} is not there`,
  EROFS: (root) => `the backup folder ${root} is read-only`,
  EACCES: (root) => `the backup folder ${root} may not be used by this user`,
  ENOTDIR: (root) => `the backup folder ${root} is not a folder`,
  EEXIST: (root) => `the backup folder ${root} is not a folder`,
  EIO: (root) => `the disk of the backup folder ${root} reports an error`,
};

function fail(root: string, error: unknown): never {
  if (error instanceof BackupError) throw error;
  const code = String((error as { code?: unknown }).code);
  if (code === 'ABORT_ERR' || code.startsWith('ERR_STREAM')) throw error;
  const sentence = sentences[code]?.(root) ?? `the backup folder ${root} failed: ${errorMessage(error)}`;
  throw new BackupError('storage_failed', sentence, { cause: error });
}
