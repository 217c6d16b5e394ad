import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresPrograms, programFolders } from '@swfx/postgres-server';
import type { FindPostgresPrograms } from '@swfx/postgres-server';

/** The programs that the stack runs, those that only the printed commands use (`jq`, `curl`), and that tests need. */
export type Programs = {
  postgres: FindPostgresPrograms;
  redisServer?: string;
  zstd?: string;
  jq?: string;
  curl?: string;
  git?: string;
};

/** Looks for them on PATH and where packages put them. */
export async function findPrograms(path: string | undefined): Promise<Programs> {
  const folders = await programFolders(path);
  const [postgres, redisServer, zstd, jq, curl, git] = await Promise.all([
    findPostgresPrograms({ searchPaths: folders }),
    ...['redis-server', 'zstd', 'jq', 'curl', 'git'].map((name) => findProgram(name, folders)),
  ] as const);
  return { postgres, redisServer, zstd, jq, curl, git };
}

async function findProgram(name: string, folders: string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const path = join(folder, name);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}
