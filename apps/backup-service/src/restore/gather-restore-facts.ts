import type { Client } from 'pg';
import type { Manifest } from '../seal/manifest';
import { findClientPrograms } from '../postgres-client/find-client-programs';
import type { ServerAddress } from '../postgres-client/server-address';
import { readDatabaseProperties } from './database-properties';
import { freeBytesOf } from './free-bytes';
import type { RestoreFacts } from './plan-restore';

/** What a plan rests on, asked of the server over a session to its maintenance database. Changes nothing. */
export async function gatherRestoreFacts(
  session: Client,
  about: {
    address: ServerAddress;
    /** The database that is replaced, or that is to be made. */
    name: string;
    backup: { id: string; verdict: string; manifest: Manifest };
    /** Which server the ops database is on, and its name there; undefined where there is none. */
    ops: { systemIdentifier: string; database: string } | undefined;
    path: string;
  },
): Promise<RestoreFacts> {
  const { address, name, backup, ops } = about;
  const server = await readServer(session, name);
  return {
    backup: {
      id: backup.id,
      takenAt: backup.manifest.snapshot_at,
      verdict: backup.verdict,
      database: backup.manifest.database,
      serverMajor: backup.manifest.source.server_major,
      sizeBytes: backup.manifest.source.size_bytes,
      roles: backup.manifest.source.roles,
      extensions: backup.manifest.source.extensions.map((extension) => extension.name),
    },
    server: {
      host: address.host,
      port: address.port,
      major: server.major,
      hasClient: (await findClientPrograms(server.major, about.path)) !== undefined,
      roles: server.roles,
      extensions: server.extensions,
      freeBytes: await freeBytesOf(address, server.dataDirectory),
      maySwap: server.maySwap,
    },
    database: {
      name,
      properties: await readDatabaseProperties(session, name),
      ...(await readUse(session, name)),
      isOps: ops?.database === name && ops.systemIdentifier === server.systemIdentifier,
    },
  };
}

interface Server {
  major: number;
  maySwap: boolean;
  systemIdentifier: string;
  dataDirectory: string | null;
  roles: string[];
  extensions: string[];
}

async function readServer(session: Client, name: string): Promise<Server> {
  const { rows } = await session.query<Server>(
    `SELECT current_setting('server_version_num')::int / 10000 AS major,
            (SELECT rolsuper OR (rolcreatedb AND pg_has_role(current_user, 'pg_signal_backend', 'MEMBER')
                                 AND coalesce((SELECT pg_has_role(current_user, datdba, 'MEMBER')
                                               FROM pg_database WHERE datname = $1), true))
             FROM pg_roles WHERE rolname = current_user) AS "maySwap",
            (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
            (SELECT setting FROM pg_settings WHERE name = 'data_directory') AS "dataDirectory",
            ARRAY(SELECT rolname::text FROM pg_roles) AS roles,
            ARRAY(SELECT name::text FROM pg_available_extensions) AS extensions`,
    [name],
  );
  return rows[0] as Server;
}

const poolerNames = 'pgbouncer|pgpool|pgcat|odyssey|supavisor|pgagroal';

async function readUse(
  session: Client,
  name: string,
): Promise<
  Pick<
    RestoreFacts['database'],
    'sizeBytes' | 'sessions' | 'slots' | 'subscriptions' | 'preparedTransactions' | 'poolers'
  >
> {
  type Use = Awaited<ReturnType<typeof readUse>>;
  const { rows } = await session.query<Use>(
    `SELECT coalesce((SELECT pg_database_size(oid) FROM pg_database WHERE datname = $1), 0)::float8 AS "sizeBytes",
            coalesce((SELECT json_agg(s) FROM (
               SELECT coalesce(usename::text, '?') AS role, application_name AS application, count(*)::int AS count
               FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend'
               GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2) s), '[]') AS sessions,
            ARRAY(SELECT slot_name::text FROM pg_replication_slots WHERE database = $1 ORDER BY 1) AS slots,
            ARRAY(SELECT subname::text FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid
                  WHERE d.datname = $1 ORDER BY 1) AS subscriptions,
            ARRAY(SELECT gid FROM pg_prepared_xacts WHERE database = $1 ORDER BY 1) AS "preparedTransactions",
            ARRAY(SELECT DISTINCT application_name FROM pg_stat_activity
                  WHERE datname = $1 AND application_name ~* $2 ORDER BY 1) AS poolers`,
    [name, poolerNames],
  );
  return rows[0] as Use;
}
