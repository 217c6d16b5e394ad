/**
 * A proof on a server that somebody has given for it. Other people may use that server, so that nothing of it is touched
 * but one database, which we have made under a name of our own and drop again; what a proof that was killed has left
 * there is dropped by the next one. No role is made: it would outlive the proof.
 */
import type { Client } from 'pg';
import { findClientPrograms } from '../postgres-client/find-client-programs';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';
import { freeBytesOf } from '../restore/free-bytes';
import { dropDatabase } from '../restore/swap-databases';
import type { Manifest } from '../seal/manifest';
import type { OpenedGround, ProofGround } from './proof-ground';

/** Cleaning up is not given up. */
const never = new AbortController().signal;

/** Opens the ground; throws where the server cannot be reached, which may pass. */
export async function openGivenServer(
  given: ServerAddress,
  manifest: Manifest,
  path: string,
): Promise<OpenedGround> {
  const major = manifest.source.server_major;
  const programs = await findClientPrograms(major, path);
  if (!programs) return { open: false, reason: `this machine lacks pg_restore of Postgres ${major}` };
  const session = await openSession(given, never);
  try {
    const server = await readServer(session);
    const reason = findLack(server, manifest);
    if (reason === undefined) {
      const address = { ...given, database: `swfx_proof_${manifest.id.replaceAll('-', '').slice(0, 12)}` };
      await takeName(session, address.database);
      return { open: true, ground: groundOn(session, { given, address, server, ...programs }) };
    }
    await session.end();
    return { open: false, reason };
  } catch (error) {
    await session.end().catch(() => undefined);
    throw error;
  }
}

interface GivenServer {
  major: number;
  superuser: boolean;
  roles: string[];
  dataDirectory: string | null;
}

async function readServer(session: Client): Promise<GivenServer> {
  const { rows } = await session.query<GivenServer>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major,
            (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
            ARRAY(SELECT rolname::text FROM pg_roles) AS roles,
            (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS "dataDirectory"`,
  );
  return rows[0] as GivenServer;
}

/** Another major writes the same definitions in other words. */
function findLack({ major, roles }: GivenServer, { source }: Manifest): string | undefined {
  if (major !== source.server_major)
    return `the server of BACKUP_PROVE_URL is Postgres ${major}, and the backup is of ${source.server_major}`;
  const lacking = source.roles.filter((role) => !roles.includes(role));
  if (lacking.length === 0) return undefined;
  return `the server of BACKUP_PROVE_URL lacks the role ${lacking.join(', ')}`;
}

/**
 * Holds the name for as long as the session lives, so that no proof drops the database of another, and drops what was
 * left under ours and under those that nobody holds.
 */
async function takeName(session: Client, name: string): Promise<void> {
  if (!(await lock(session, name)))
    throw new Error(`another proof still holds ${name} on the server of BACKUP_PROVE_URL`);
  await dropDatabase(session, name);
  const { rows } = await session.query<{ name: string }>(
    `SELECT datname::text AS name FROM pg_database WHERE datname ~ '^swfx_proof_[0-9a-f]{12}$'`,
  );
  for (const { name: left } of rows) {
    if (!(await lock(session, left))) continue;
    // It may belong to a role that we are not.
    await dropDatabase(session, left).catch(() => undefined);
    await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [left]);
  }
}

async function lock(session: Client, name: string): Promise<boolean> {
  const sql = 'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS taken';
  return (await session.query<{ taken: boolean }>(sql, [name])).rows[0]?.taken === true;
}

function groundOn(
  session: Client,
  on: { given: ServerAddress; address: ServerAddress; server: GivenServer; pgRestore: string },
): ProofGround {
  const { given, address, server, pgRestore } = on;
  return {
    address,
    pgRestore,
    throwaway: false,
    superuser: server.superuser,
    freeBytes: () => freeBytesOf(given, server.dataDirectory),
    connect: () => openSession(given, never),
    async close() {
      try {
        await dropDatabase(session, address.database).catch(() => dropAnew(given, address.database));
      } finally {
        await session.end().catch(() => undefined);
      }
    },
  };
}

/** A session that was idle for hours may have been cut. */
async function dropAnew(given: ServerAddress, name: string): Promise<void> {
  const session = await openSession(given, never);
  try {
    await dropDatabase(session, name);
  } finally {
    await session.end().catch(() => undefined);
  }
}
