import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What lies in a folder of backups: those with a manifest, each looked at byte by byte, and what else there is. */
export interface Found {
  backups: { id: string; folder: string }[];
  /** Folders that have a manifest, and are not what it says. */
  lies: string[];
  /** Files in folders that have no manifest: what a process has left that was killed. */
  leftovers: string[];
}

export function lookAtStorage(backupDir: string): Found {
  const found: Found = { backups: [], lies: [], leftovers: [] };
  const root = join(backupDir, 'source');
  for (const name of existsSync(root) ? readdirSync(root) : []) {
    const folder = join(root, name);
    const files = readdirSync(folder);
    if (!files.includes('manifest.json')) found.leftovers.push(...files.map((file) => `${name}/${file}`));
    else lookAtBackup(folder, found);
  }
  return found;
}

function lookAtBackup(folder: string, found: Found): void {
  try {
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as {
      id: string;
      dump: { file: string; stored_sha256: string };
      signature: object | null;
    };
    const dump = readFileSync(join(folder, manifest.dump.file));
    const sha256 = createHash('sha256').update(dump).digest('hex');
    if (sha256 !== manifest.dump.stored_sha256 || !manifest.signature) found.lies.push(folder);
    else found.backups.push({ id: manifest.id, folder });
  } catch {
    found.lies.push(folder);
  }
}

/** Programs that still work on a database, found by what they were started with. */
export function programsAt(database: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => textOf(`/proc/${pid}/environ`).split('\0').includes(`PGDATABASE=${database}`))
    .map((pid) => textOf(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim())
    .filter((command) => command !== '');
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
