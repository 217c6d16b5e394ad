import { join } from 'node:path';

/** The repository's folder: from this source and from a bundle in a project's `dist` it is equally far. */
export const repositoryRoot = join(__dirname, '../../..');

/** An absolute path from one that begins at the top of the repository. Pure. */
export function inRepository(path: string): string {
  return join(repositoryRoot, path);
}
