import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canEnterFolder } from './can-enter-folder';
import type { ProcessOwner } from './unprivileged-owner';

/**
 * Creates a private folder (mode 0700) for `owner` under the first of `parents` (default: TMPDIR, /tmp, /var/tmp,
 * /dev/shm) that the user can get to: TMPDIR is often a folder that only root can enter. Throws one sentence
 * when there is none. The caller removes the folder.
 */
export async function createTemporaryFolder(
  prefix: string,
  options: { owner?: ProcessOwner; parents?: string[] } = {},
): Promise<string> {
  const parents = new Set(options.parents ?? [tmpdir(), '/tmp', '/var/tmp', '/dev/shm']);
  for (const parent of parents) {
    if (!(await canEnterFolder(parent, options.owner))) continue;
    const folder = await createFolder(join(parent, prefix), options.owner).catch(() => undefined);
    if (folder) return folder;
  }
  throw new Error(`No temporary folder can be used by the server's user: tried ${[...parents].join(', ')}.`);
}

async function createFolder(prefix: string, owner?: ProcessOwner): Promise<string> {
  const folder = await mkdtemp(prefix);
  await chmod(folder, 0o700);
  if (owner) await chown(folder, owner.uid, owner.gid);
  return folder;
}
