/**
 * A new database made ready for a restore: the roles that the dump names exist (made for it, they can do nothing and log
 * in nowhere), the extensions can be installed. What the server lacks is found before the restore, so that a good backup
 * is not called bad because of where it was tried.
 */
import pg from 'pg';
import { errorMessage } from '@swfx/errors';
import { propertyStatements } from '../restore/database-properties';
import { propertiesOf, type Manifest } from '../seal/manifest';
import type { ProofGround } from './proof-ground';

export type Preparation = { ready: true } | { ready: false; reason: string };

/** Makes the database for a backup. */
export async function prepareScratch(ground: ProofGround, manifest: Manifest): Promise<Preparation> {
  const session = await ground.connect();
  try {
    const lack = (await findLackOfSpace(ground, manifest)) ?? (await findLackOfExtensions(session, manifest));
    if (lack) return { ready: false, reason: lack };
    if (ground.throwaway) for (const role of manifest.source.roles) await createRole(session, role);
    await session.query(
      `CREATE DATABASE ${pg.escapeIdentifier(ground.address.database)} TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'
       ENCODING ${pg.escapeLiteral(manifest.source.encoding)} ${isSecluded(ground) ? 'CONNECTION LIMIT 0' : ''}`,
    );
    return { ready: true };
  } finally {
    await session.end();
  }
}

/**
 * On a server with other users nobody but a superuser is let into what may be a copy of production; a limit of the
 * backup's own stays out for that.
 */
export const isSecluded = ({ throwaway, superuser }: ProofGround): boolean => !throwaway && superuser;

/**
 * Gives the scratch database what is the database's own and in no dump: a restore under another name has to do the
 * same, and the comparison finds what was forgotten. Returns the server's complaint, if there is one.
 */
export async function applyProperties(ground: ProofGround, manifest: Manifest): Promise<string | undefined> {
  const properties = propertiesOf(manifest);
  if (!properties) return undefined;
  const { database } = ground.address;
  const wanted = isSecluded(ground) ? { ...properties, connectionLimit: -1 } : properties;
  const session = await ground.connect();
  try {
    const owner = pg.escapeIdentifier(wanted.owner);
    await session.query(`ALTER DATABASE ${pg.escapeIdentifier(database)} OWNER TO ${owner}`);
    for (const statement of propertyStatements(database, wanted)) await session.query(statement);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  } finally {
    await session.end();
  }
}

async function findLackOfSpace(ground: ProofGround, manifest: Manifest): Promise<string | undefined> {
  const free = await ground.freeBytes();
  const needed = manifest.source.size_bytes;
  if (free === undefined || free > needed) return undefined;
  const server = ground.throwaway ? 'the throwaway server' : 'the server of BACKUP_PROVE_URL';
  return `${server} has ${free} bytes free, and the database takes ${needed}`;
}

async function findLackOfExtensions(session: pg.Client, manifest: Manifest): Promise<string | undefined> {
  const { rows } = await session.query<{ name: string }>('SELECT name FROM pg_available_extensions');
  const available = new Set(rows.map((row) => row.name));
  const lacking = manifest.source.extensions.filter(({ name }) => !available.has(name));
  if (lacking.length === 0) return undefined;
  return `the Postgres that it is tried on lacks the extension ${lacking.map(({ name }) => name).join(', ')}`;
}

async function createRole(session: pg.Client, role: string): Promise<void> {
  const { rowCount } = await session.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount === 0) await session.query(`CREATE ROLE ${pg.escapeIdentifier(role)} NOLOGIN`);
}
