import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findPostgresPrograms } from '@swfx/postgres-server';
import { waitUntil } from '@swfx/testkit';

/** A folder whose `pg_dump`, or `pg_restore`, does what a script says; first on PATH, it is the one that is found. */
export interface OddPrograms {
  path: string;
  /** The process id of the one that runs, once it has got to the end of its script's `ready`. */
  pid(): Promise<number>;
  read(file: string): Promise<string>;
}

/**
 * In the script, `real` is the true pg_dump with its arguments, `$here` the folder, `ready` tells that it is under way.
 * `restoreScript` is that of an odd `pg_restore`; the true one is there if it is not given.
 */
export async function makeOddPrograms(
  folder: string,
  script: string,
  restoreScript?: string,
): Promise<OddPrograms> {
  const found = await findPostgresPrograms();
  if (!found.found) throw new Error(found.reason);
  const { pgDump, pgRestore, major } = found.programs;
  const here = join(folder, 'odd-programs');
  await mkdir(here, { recursive: true });
  const preamble = [
    '#!/bin/sh',
    `[ "$1" = --version ] && { echo "pg_dump (PostgreSQL) ${major}.0"; exit; }`,
    `here='${here}'`,
    `arguments() { for a in "$@"; do echo "$a"; done; }`,
    `ready() { echo $$ > "$here/pid.new"; mv "$here/pid.new" "$here/pid"; }`,
    `real() { '${pgDump}' "$@"; }`,
  ];
  await write(join(here, 'pg_dump'), [...preamble, script].join('\n'));
  const restore = restoreScript && [...preamble, restoreScript].join('\n');
  await write(join(here, 'pg_restore'), restore ?? `#!/bin/sh\nexec '${pgRestore}' "$@"`);
  return {
    path: `${here}:${process.env['PATH'] ?? ''}`,
    pid: () => waitUntil(async () => Number(await readFile(join(here, 'pid'), 'utf8'))),
    read: (file) => readFile(join(here, file), 'utf8'),
  };
}

async function write(path: string, content: string): Promise<void> {
  await writeFile(path, `${content}\n`);
  await chmod(path, 0o755);
}
