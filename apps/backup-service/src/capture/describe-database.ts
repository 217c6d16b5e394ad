import type { Client } from 'pg';
import { readDatabaseProperties, type DatabaseProperties } from '../restore/database-properties';

/** What has to be known of a database to back it up, and to restore it on another server. */
export interface DatabaseDescription {
  name: string;
  /** The server's identity: the same for two names or addresses of one server. */
  systemIdentifier: string;
  serverVersion: string;
  serverMajor: number;
  encoding: string;
  sizeBytes: number;
  extensions: { name: string; version: string }[];
  /** Roles that own something in it or are granted something; a restore needs them. */
  roles: string[];
  /** What is the database's own and in no dump. */
  properties: DatabaseProperties | undefined;
}

/** Asks the database that a session is connected to. */
export async function describeDatabase(session: Client): Promise<DatabaseDescription> {
  const { rows } = await session.query<{
    name: string;
    system_identifier: string;
    version: string;
    version_num: string;
    encoding: string;
    size: string;
  }>(
    `SELECT current_database() AS name, pg_database_size(current_database())::text AS size,
            (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
            current_setting('server_version') AS version, current_setting('server_version_num') AS version_num,
            (SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()) AS encoding`,
  );
  const [row] = rows as [(typeof rows)[number]];
  return {
    name: row.name,
    systemIdentifier: row.system_identifier,
    serverVersion: row.version.split(' ')[0] as string,
    serverMajor: Math.floor(Number(row.version_num) / 10_000),
    encoding: row.encoding,
    sizeBytes: Number(row.size),
    extensions: await listExtensions(session),
    roles: await listRoles(session),
    properties: await readDatabaseProperties(session, row.name),
  };
}

async function listExtensions(session: Client): Promise<DatabaseDescription['extensions']> {
  const { rows } = await session.query<{ name: string; version: string }>(
    'SELECT extname AS name, extversion AS version FROM pg_extension ORDER BY extname COLLATE "C"',
  );
  return rows;
}

/** The bootstrap superuser (oid 10) is pinned: what it owns is in no dependency. Predefined roles are everywhere. */
async function listRoles(session: Client): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT rolname::text AS name
     FROM pg_roles, (SELECT oid FROM pg_database WHERE datname = current_database()) here
     WHERE rolname !~ '^pg_' AND (pg_roles.oid = 10 OR pg_roles.oid IN (
       SELECT refobjid FROM pg_shdepend
       WHERE refclassid = 'pg_authid'::regclass
         AND (dbid = here.oid OR (classid = 'pg_database'::regclass AND objid = here.oid))
       UNION SELECT setrole FROM pg_db_role_setting WHERE setdatabase = here.oid))
     ORDER BY rolname COLLATE "C"`,
  );
  return rows.map((row) => row.name);
}
