/**
 * A new database on a throwaway server, made ready for a restore: the roles that the dump names exist (they can do
 * nothing and log in nowhere), the extensions can be installed. What this machine lacks is found before the restore,
 * so that a good backup is not called bad because of where it was tried.
 */
import { statfs } from 'node:fs/promises';
import type { PostgresServer } from '@swfx/postgres-server';
import pg from 'pg';
import { errorMessage } from '@swfx/errors';
import { propertyStatements } from '../restore/database-properties';
import { propertiesOf, type Manifest } from '../seal/manifest';

export type Preparation = { ready: true } | { ready: false; reason: string };

/** The name of the database that a proof restores into. */
export const scratchName = 'proof';

/** Makes the scratch database for a backup. */
export async function prepareScratch(server: PostgresServer, manifest: Manifest): Promise<Preparation> {
  const session = new pg.Client({ connectionString: server.url() });
  await session.connect();
  try {
    const lack = (await findLackOfSpace(server, manifest)) ?? (await findLackOfExtensions(session, manifest));
    if (lack) return { ready: false, reason: lack };
    for (const role of manifest.source.roles) await createRole(session, role);
    await session.query(
      `CREATE DATABASE ${scratchName} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'
       ENCODING ${pg.escapeLiteral(manifest.source.encoding)}`,
    );
    return { ready: true };
  } finally {
    await session.end();
  }
}

/**
 * Gives the scratch database what is the database's own and in no dump: a restore under another name has to do the
 * same, and the comparison finds what was forgotten. Returns the server's complaint, if there is one.
 */
export async function applyProperties(
  server: PostgresServer,
  manifest: Manifest,
): Promise<string | undefined> {
  const properties = propertiesOf(manifest);
  if (!properties) return undefined;
  const session = new pg.Client({ connectionString: server.url() });
  await session.connect();
  try {
    await session.query(`ALTER DATABASE ${scratchName} OWNER TO ${pg.escapeIdentifier(properties.owner)}`);
    for (const statement of propertyStatements(scratchName, properties)) await session.query(statement);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  } finally {
    await session.end();
  }
}

async function findLackOfSpace(server: PostgresServer, manifest: Manifest): Promise<string | undefined> {
  const { bavail, bsize } = await statfs(server.dataDir);
  const needed = manifest.source.size_bytes;
  if (bavail * bsize > needed) return undefined;
  return `the throwaway server has ${bavail * bsize} bytes free, and the database takes ${needed}`;
}

async function findLackOfExtensions(session: pg.Client, manifest: Manifest): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string }>('SELECT name FROM pg_available_extensions');
  const available = new Set(rows.map((row) => row.name));
  const lacking = manifest.source.extensions.filter(({ name }) => !available.has(name));
  if (lacking.length === 0) return undefined;
  return `this machine’s Postgres lacks the extension ${lacking.map(({ name }) => name).join(', ')}`;
}

async function createRole(session: pg.Client, role: string): Promise<void> {
  const { rowCount } = await session.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await session.query(`CREATE ROLE ${pg.escapeIdentifier(role)} NOLOGIN`);
}
