import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerAddress } from './server-address';

const prefix = 'swfx-pgpass-';

/**
 * Runs work with the environment in which the programs of Postgres reach a server. The password is in a file that
 * only this user can read, in a folder of its own that is gone when the work is over.
 */
export async function withCredentials<T>(
  address: ServerAddress,
  work: (env: NodeJS.ProcessEnv) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  try {
    const passFile = join(folder, 'pgpass');
    await writeFile(passFile, passLine(address.password?.reveal()), { mode: 0o600 });
    return await work(programEnvironment(address, passFile));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what processes that were killed have left, pipes too: a password must not lie about for ever. */
export async function sweepCredentials(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = Number(/^swfx-(?:pgpass|pipe)-(\d+)-/.exec(name)?.[1]);
    if (pid && !isAlive(pid))
      await rm(join(tmpdir(), name), { recursive: true, force: true }).catch(() => undefined);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: unknown }).code === 'EPERM';
  }
}

/** One line that fits every server: the file is for this one address. */
function passLine(password: string | undefined): string {
  return password === undefined ? '' : `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`;
}

function programEnvironment(address: ServerAddress, passFile: string): NodeJS.ProcessEnv {
  return {
    // Nothing of ours is inherited: our own environment holds the secrets of the whole service.
    LC_ALL: 'C',
    PGHOST: address.host,
    PGPORT: String(address.port),
    PGUSER: address.user,
    PGDATABASE: address.database,
    PGPASSFILE: passFile,
    PGCONNECT_TIMEOUT: '10',
    PGAPPNAME: 'backup-service',
    ...Object.fromEntries(
      Object.entries(address.tls).map(([name, value]) => [`PG${name.toUpperCase()}`, value]),
    ),
  };
}
