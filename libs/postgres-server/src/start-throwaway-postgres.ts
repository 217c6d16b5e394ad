import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createTemporaryFolder } from './create-temporary-folder';
import { findPostgresPrograms } from './find-postgres-programs';
import type { PostgresPrograms } from './find-postgres-programs';
import { freePort } from './free-port';
import { PostgresStartError } from './postgres-start-error';
import { startPostgresServer } from './start-postgres-server';
import type { PostgresServer, PostgresServerOptions } from './start-postgres-server';
import { unprivilegedOwner } from './unprivileged-owner';

export type ThrowawayPostgresOptions = {
  /** Default: the newest Postgres of the machine. */
  programs?: PostgresPrograms;
  /** Where the temporary folder is made (default: TMPDIR, /tmp, /var/tmp, /dev/shm, the first that is usable). */
  parents?: string[];
  settings?: Record<string, string | number>;
};

/** A server whose data nobody will miss: `stop()` removes it. `restart()` brings a stopped one back on its port. */
export type ThrowawayPostgres = PostgresServer & { logFile: string; restart(): Promise<void> };

/**
 * Starts a server in a temporary folder, on a free port, with a random password and without fsync. `stop()` ends
 * it and removes the folder. Throws `PostgresStartError`, also when no Postgres is installed; nothing is left then.
 */
export async function startThrowawayPostgres(options: ThrowawayPostgresOptions = {}): Promise<PostgresServer> {
  const programs = options.programs ?? (await installedPrograms());
  const owner = await unprivilegedOwner();
  const folder = await createTemporaryFolder('swfx-postgres-', { owner, parents: options.parents });
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    const server = await startOnFreePort({
      programs,
      owner,
      dataDir: join(folder, 'data'),
      logFile: join(folder, 'postgres.log'),
      password: randomBytes(18).toString('base64url'),
      durable: false,
      settings: options.settings,
    });
    return { ...server, stop: () => server.stop().finally(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
