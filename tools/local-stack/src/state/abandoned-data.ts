/**
 * Data outside a clone does not go with it. So each such folder says in a note whose it is, and the next start of
 * another clone names those whose owner is gone. It removes none: a clone may merely be on a disk that is not there.
 */
import { access, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const noteName = 'state-folder';

/** Writes into a data folder which state folder it belongs to. */
export async function noteOwner(folder: string, stateDir: string): Promise<void> {
  await writeFile(join(folder, noteName), `${stateDir}\n`);
}

/** The data folders below `parent` whose state folder is not there any more. */
export async function findAbandoned(parent: string): Promise<{ folder: string; stateDir: string }[]> {
  const names = await readdir(parent).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const folder = join(parent, name);
      const note = await readFile(join(folder, noteName), 'utf8').catch(() => '');
      return { folder, stateDir: note.trim(), isGone: note !== '' && (await isGone(note.trim())) };
    }),
  );
  return found.filter((owner) => owner.isGone).map(({ folder, stateDir }) => ({ folder, stateDir }));
}

function isGone(path: string): Promise<boolean> {
  return access(path).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
}
