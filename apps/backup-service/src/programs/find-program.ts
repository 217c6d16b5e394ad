import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { programFolders } from '@swfx/postgres-server';

/** A program of this name, on PATH or in a usual place off it; undefined when it is not installed. */
export async function findProgram(name: string, path: string): Promise<string | undefined> {
  for (const folder of await programFolders(path)) {
    const program = join(folder, name);
    if (await isExecutable(program)) return program;
  }
  return undefined;
}

async function isExecutable(program: string): Promise<boolean> {
  return access(program, constants.X_OK).then(
    () => true,
    () => false,
  );
}
