import { readdir } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** Places that packages of the usual systems install to and that are often missing from PATH. */
const fixedFolders = [
  '/usr/local/bin',
  '/usr/local/sbin',
  '/usr/bin',
  '/usr/sbin',
  '/bin',
  '/usr/local/pgsql/bin',
  '/opt/homebrew/bin',
  '/opt/local/bin',
  '/home/linuxbrew/.linuxbrew/bin',
];

/** Folders with one child per Postgres major: Debian's, Red Hat's, Homebrew's, MacPorts', Postgres.app's. */
const versionedFolders = [
  { parent: '/usr/lib/postgresql', child: /^\d+$/ },
  { parent: '/usr', child: /^pgsql-\d+$/ },
  { parent: '/opt/homebrew/opt', child: /^postgresql(@\d+)?$/ },
  { parent: '/usr/local/opt', child: /^postgresql(@\d+)?$/ },
  { parent: '/opt/local/lib', child: /^postgresql\d+$/ },
  { parent: '/Applications/Postgres.app/Contents/Versions', child: /^\d+$/ },
];

/**
 * The folders in which a server program may be: those of `path` (the value of PATH) first, then the places that
 * are often not on it, and the one folder per major in which systems keep Postgres. Folders that do not
 * exist are left out where that is known; the others are simply empty to whoever looks there.
 */
export async function programFolders(path = ''): Promise<string[]> {
  const versioned = await Promise.all(versionedFolders.map(childFolders));
  return [...new Set([...path.split(delimiter).filter(Boolean), ...versioned.flat(), ...fixedFolders])];
}

async function childFolders({ parent, child }: { parent: string; child: RegExp }): Promise<string[]> {
  const names = await readdir(parent).catch(() => []);
  return names.filter((name) => child.test(name)).map((name) => join(parent, name, 'bin'));
}
