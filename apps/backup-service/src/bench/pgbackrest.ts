/** pgBackRest, where it is installed: a full backup of the whole server, packed by zstd and encrypted, and its restore. */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findProgram } from '../programs/find-program';
import { startProgram } from '../programs/start-program';
import { never, type Place } from './bench-place';
import { measure, type Measured } from './measure';

/** Both measured, or undefined where it is not installed. */
export async function measurePgBackRest(
  place: Place,
  level: number,
): Promise<{ backup: Measured & { sizeBytes: number }; restore: Measured } | undefined> {
  const program = await findProgram('pgbackrest', place.path);
  if (!program) return undefined;
  const home = join(place.folder, 'pgbackrest');
  const restored = join(home, 'restored');
  await mkdir(restored, { recursive: true, mode: 0o700 });
  const { dataDir, pid } = place.server;
  const env = {
    PATH: place.path,
    PGPASSWORD: decodeURIComponent(new URL(place.server.url()).password),
    PGBACKREST_REPO1_CIPHER_PASS: randomBytes(32).toString('base64'),
  };
  async function run(args: string[], folder: string): Promise<void> {
    const all = [...args, ...settings(place, home, folder)];
    const running = startProgram({ program: program as string, args: all, env, signal: never });
    running.stdout.resume();
    await running.succeeded;
  }
  const backUp = () =>
    run([...backupArgs, `--compress-level=${level}`, `--pg1-port=${place.server.port}`], dataDir);
  try {
    await run(['stanza-create', '--no-online'], dataDir);
    const backup = await measure(pid, () => backUp());
    const sizeBytes = await folderBytes(join(home, 'repo'));
    const restore = await measure(pid, () => run(['restore', '--process-max=2'], restored));
    return { backup: { ...backup, sizeBytes }, restore };
  } finally {
    await rm(home, { recursive: true });
  }
}

const backupArgs = [
  'backup',
  '--type=full',
  '--no-archive-check',
  '--start-fast',
  '--compress-type=zst',
  '--process-max=2',
  '--pg1-socket-path=/tmp',
  '--pg1-user=postgres',
];

function settings(place: Place, home: string, dataDir: string): string[] {
  const values = {
    stanza: 'bench',
    'pg1-path': dataDir,
    'repo1-path': join(home, 'repo'),
    'repo1-cipher-type': 'aes-256-cbc',
    'lock-path': home,
    'log-path': home,
    'log-level-file': 'off',
    'log-level-console': 'error',
  };
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}

async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(({ parentPath, name }) => stat(join(parentPath ?? dirname(folder), name))),
  );
  return sizes.reduce((sum, { size }) => sum + size, 0);
}
