import { execFile } from 'node:child_process';
import { realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { programFolders } from '@swfx/postgres-server';

const run = promisify(execFile);

export interface ClientPrograms {
  pgDump: string;
  pgRestore: string;
  /** Such as `15.18`. */
  version: string;
}

/**
 * The client programs of one Postgres major; undefined when they are not installed. The major has to be the server's:
 * an older pg_dump refuses a newer server, and the archive of a newer one cannot be read by the older pg_restore that
 * stands beside that server on the day of the restore.
 */
export async function findClientPrograms(major: number, path: string): Promise<ClientPrograms | undefined> {
  for (const folder of await programFolders(path)) {
    const [pgDump, pgRestore] = await Promise.all([
      resolve(folder, 'pg_dump'),
      resolve(folder, 'pg_restore'),
    ]);
    const version = pgDump && pgRestore ? await versionOf(pgDump) : undefined;
    if (pgDump && pgRestore && version && parseInt(version) === major) return { pgDump, pgRestore, version };
  }
  return undefined;
}

/** Debian's `pg_dump` on PATH is a wrapper that chooses a major by itself; it resolves to another name. */
async function resolve(folder: string, name: string): Promise<string | undefined> {
  const path = await realpath(join(folder, name)).catch(() => undefined);
  return path && basename(path) === name ? path : undefined;
}

async function versionOf(program: string): Promise<string | undefined> {
  const output = await run(program, ['--version'], { timeout: 10_000 }).catch(() => undefined);
  return /\(PostgreSQL\) (\d+\S*)/.exec(output?.stdout ?? '')?.[1];
}
