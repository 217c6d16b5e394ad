import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The repository's folder: from this source and from the bundle in `dist` it is equally far. */
export const repositoryRoot = join(__dirname, '../../..');

/** The text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

/** Whether there is a file or folder at a path of the repository. */
export function isThere(path: string): boolean {
  return existsSync(join(repositoryRoot, path));
}

/** The paths that git tracks or would track: what a clone holds, plus what is written and not committed yet. */
export function repositoryFiles(): string[] {
  // The clone may belong to another user than the one who runs the checks.
  const args = ['-c', 'safe.directory=*', 'ls-files', '--cached', '--others', '--exclude-standard'];
  const output = execFileSync('git', args, { cwd: repositoryRoot, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return output.split('\n').filter((path) => path !== '' && isThere(path));
}
