import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { canEnterFolder, unprivilegedOwner } from '@swfx/postgres-server';
import type { ProcessOwner } from '@swfx/postgres-server';
import type { Layout } from './layout';

/** Where the data of clones is that the server's user cannot enter, in a folder for each. */
export const outsideFolder = '/var/lib/swfx-local';

/** Where the data of Postgres is kept, and who its server runs as. */
export type PostgresHome = { folder: string; owner?: ProcessOwner };

/**
 * In the state folder; but as root Postgres runs as another user, who may have no way into a clone under, say, /root:
 * then in a folder under /var/lib that is named after the state folder.
 */
export async function choosePostgresHome(layout: Layout): Promise<PostgresHome> {
  const owner = await unprivilegedOwner();
  // Whatever the umask is: the server's user has to pass through here.
  await chmod(layout.stateDir, 0o755);
  if (await canEnterFolder(layout.stateDir, owner)) return { folder: layout.stateDir, owner };
  const folder = outsidePostgresFolder(layout);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  return { folder, owner };
}

/** The folder for a state folder that the server's user cannot enter. Pure. */
export function outsidePostgresFolder({ stateDir }: Layout): string {
  return join(outsideFolder, createHash('sha256').update(stateDir).digest('hex').slice(0, 16));
}

/** The majors of which there is a data folder. */
export async function majorsWithData({ folder }: PostgresHome): Promise<number[]> {
  const names = await readdir(folder);
  return names.flatMap((name) => /^postgres-(\d+)$/.exec(name)?.[1] ?? []).map(Number);
}
