import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canUseFolder } from './can-use-folder';
import type { ProcessOwner } from './unprivileged-owner';

/**
 * Creates a private folder (mode 0700) for `owner` under the first of `parents` (default: TMPDIR, /tmp, /var/tmp,
 * /dev/shm) in which that user can work: TMPDIR is often a folder that only root can enter. Throws one sentence
 * when there is none. The caller removes the folder.
 */
export async function createTemporaryFolder(
  prefix: string,
  options: { owner?: ProcessOwner; parents?: string[] } = {},
): Promise<string> {
  const parents = options.parents ?? [tmpdir(), '/tmp', '/var/tmp', '/dev/shm'];
  for (const parent of new Set(parents)) {
    if (await canReach(parent, options.owner)) return createFolder(join(parent, prefix), options.owner);
  }
  throw new Error(`No temporary folder can be used by the server's user: tried ${parents.join(', ')}.`);
}

/** We create the folder ourselves, so its user needs the way in and we need to be able to write. */
async function canReach(parent: string, owner?: ProcessOwner): Promise<boolean> {
  return (await canUseFolder(parent)) && (owner === undefined || (await canUseFolder(parent, owner)));
}

async function createFolder(prefix: string, owner?: ProcessOwner): Promise<string> {
  const folder = await mkdtemp(prefix);
  await chmod(folder, 0o700);
  if (owner) await chown(folder, owner.uid, owner.gid);
  return folder;
}
