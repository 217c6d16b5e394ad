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

/**
 * Starts a server in a temporary folder, on a free port, with a random password and without fsync. `stop()` ends
 * it and removes the folder. Throws `PostgresStartError`, also when no Postgres is installed; nothing is left then.
 */
export async function startThrowawayPostgres(
  options: ThrowawayPostgresOptions = {},
): Promise<PostgresServer> {
  const prepared = await prepareThrowawayPostgres(options);
  try {
    const server = await startOnFreePort(prepared.options);
    return { ...server, stop: () => server.stop().finally(prepared.remove) };
  } catch (error) {
    await prepared.remove();
    throw error;
  }
}

/** What `startPostgresServer` needs for such a server, and how its folder is removed: for starting it more than once. */
export async function prepareThrowawayPostgres(
  options: ThrowawayPostgresOptions = {},
): Promise<{ options: PostgresServerOptions; remove: () => Promise<void> }> {
  const programs = options.programs ?? (await installedPrograms());
  const owner = await unprivilegedOwner();
  const folder = await createTemporaryFolder('swfx-postgres-', { owner, parents: options.parents });
  const server: PostgresServerOptions = {
    programs,
    owner,
    dataDir: join(folder, 'data'),
    logFile: join(folder, 'postgres.log'),
    port: await freePort(),
    password: randomBytes(18).toString('base64url'),
    durable: false,
    settings: options.settings,
  };
  return { options: server, remove: () => rm(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

async function installedPrograms(): Promise<PostgresPrograms> {
  const found = await findPostgresPrograms();
  if (found.found) return found.programs;
  throw new PostgresStartError({ reason: 'not_installed', sentence: found.reason, log: '' });
}

/** A free port can be taken before the server binds it, so that is tried again a few times. */
async function startOnFreePort(options: PostgresServerOptions, attempts = 5): Promise<PostgresServer> {
  try {
    return await startPostgresServer(options);
  } catch (error) {
    const again = error instanceof PostgresStartError && error.reason === 'port_taken' && attempts > 1;
    if (!again) throw error;
    return startOnFreePort({ ...options, port: await freePort() }, attempts - 1);
  }
}
