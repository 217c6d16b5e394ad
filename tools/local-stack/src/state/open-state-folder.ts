import { mkdir, readdir } from 'node:fs/promises';
import type { Layout } from './layout';
import { StackError } from '../screen/stack-error';

/** Each is written early in a first start, and by nobody else. */
const signs = ['secrets.json', 'state.json', 'stack.lock'];

/**
 * Makes the state folder, or recognises it: one that holds something else belongs to somebody, and what the stack
 * does in it (write, open it to Postgres's user, remove on --reset) would be done to their files.
 */
export async function openStateFolder({ stateDir }: Layout): Promise<void> {
  await mkdir(stateDir, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'EEXIST' || error.code === 'ENOTDIR' ? 'it is a file' : `${error.code}`;
    throw new StackError(`The state folder ${stateDir} cannot be made: ${why}.`, { cause: error });
  });
  const names = await readdir(stateDir);
  if (names.length === 0 || signs.some((name) => names.includes(name))) return;
  throw new StackError(
    `${stateDir} holds other things; name an empty folder, or one that npm start has made.`,
  );
}
