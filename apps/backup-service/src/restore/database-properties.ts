/**
 * What a dump does not carry of a database, since it belongs to the server: owner, encoding and locale, tablespace,
 * privileges, settings, connection limit, comment. They are read from the database that is replaced, and applied to
 * the new one before it takes its place.
 */
import pg, { type Client } from 'pg';

const identifier = (name: string) => pg.escapeIdentifier(name);
const literal = (value: string) => pg.escapeLiteral(value);

export interface DatabaseProperties {
  owner: string;
  encoding: string;
  collate: string;
  ctype: string;
  /** `c` is the system's library, `i` ICU, `b` built in; null before Postgres 15. */
  provider: string | null;
  /** Of ICU or the built-in provider. */
  locale: string | null;
  tablespace: string;
  connectionLimit: number;
  comment: string | null;
  /** Null where nothing but the defaults was ever granted. */
  grants: { grantee: string | null; privilege: string; grantable: boolean }[] | null;
  /** `role` is null for a setting that holds for everybody. */
  settings: { role: string | null; setting: string }[];
}

/** Reads the properties of a database of the session's server; undefined when there is none of that name. */
export async function readDatabaseProperties(
  session: Client,
  name: string,
): Promise<DatabaseProperties | undefined> {
  const { rows } = await session.query<DatabaseProperties>(
    `SELECT pg_catalog.pg_get_userbyid(d.datdba)::text AS owner, pg_encoding_to_char(d.encoding)::text AS encoding,
            d.datcollate::text AS collate, d.datctype::text AS ctype, to_jsonb(d) ->> 'datlocprovider' AS provider,
            coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale') AS locale,
            t.spcname::text AS tablespace, d.datconnlimit AS "connectionLimit",
            shobj_description(d.oid, 'pg_database') AS comment,
            CASE WHEN d.datacl IS NOT NULL THEN coalesce(
              (SELECT json_agg(json_build_object(
                        'grantee', CASE WHEN a.grantee <> 0 THEN pg_get_userbyid(a.grantee) END,
                        'privilege', a.privilege_type, 'grantable', a.is_grantable)
                      ORDER BY a.grantee, a.privilege_type)
               FROM aclexplode(d.datacl) a), '[]') END AS grants,
            coalesce((SELECT json_agg(json_build_object('role', r.rolname, 'setting', setting) ORDER BY r.rolname, setting)
               FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS setting
                    LEFT JOIN pg_roles r ON r.oid = s.setrole
               WHERE s.setdatabase = d.oid AND (s.setrole = 0 OR r.oid IS NOT NULL)), '[]') AS settings
     FROM pg_database d JOIN pg_tablespace t ON t.oid = d.dattablespace WHERE d.datname = $1`,
    [name],
  );
  return rows[0];
}

/** The statement that makes an empty database with these properties. */
export function createStatement(name: string, properties: DatabaseProperties): string {
  const { owner, encoding, collate, ctype, provider, locale, tablespace } = properties;
  const parts = [
    `CREATE DATABASE ${identifier(name)} TEMPLATE template0`,
    `OWNER ${identifier(owner)} ENCODING ${literal(encoding)}`,
    `LC_COLLATE ${literal(collate)} LC_CTYPE ${literal(ctype)}`,
    ...(provider === 'i' && locale ? [`LOCALE_PROVIDER icu ICU_LOCALE ${literal(locale)}`] : []),
    ...(provider === 'b' && locale ? [`LOCALE_PROVIDER builtin BUILTIN_LOCALE ${literal(locale)}`] : []),
    `TABLESPACE ${identifier(tablespace)}`,
  ];
  return parts.join(' ');
}

/** The statements that give a database the privileges, settings, limit and comment that another had. */
export function propertyStatements(name: string, properties: DatabaseProperties): string[] {
  const database = identifier(name);
  const { grants, connectionLimit, comment } = properties;
  return [
    ...(grants === null ? [] : grantStatements(database, properties.owner, grants)),
    ...properties.settings.map(({ role, setting }) => settingStatement(database, role, setting)),
    ...(connectionLimit === -1 ? [] : [`ALTER DATABASE ${database} CONNECTION LIMIT ${connectionLimit}`]),
    ...(comment === null ? [] : [`COMMENT ON DATABASE ${database} IS ${literal(comment)}`]),
  ];
}

function grantStatements(
  database: string,
  owner: string,
  grants: NonNullable<DatabaseProperties['grants']>,
): string[] {
  return [
    // The defaults: what was taken from everybody, or from the owner, must not come back.
    `REVOKE ALL ON DATABASE ${database} FROM PUBLIC`,
    `REVOKE ALL ON DATABASE ${database} FROM ${identifier(owner)}`,
    ...grants.map(({ grantee, privilege, grantable }) => {
      const to = grantee === null ? 'PUBLIC' : identifier(grantee);
      const option = grantable ? ' WITH GRANT OPTION' : '';
      return `GRANT ${privilege} ON DATABASE ${database} TO ${to}${option}`;
    }),
  ];
}

/** These hold a list of names, which a single literal would turn into one name. */
const listSettings = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'temp_tablespaces',
]);

function settingStatement(database: string, role: string | null, setting: string): string {
  const at = setting.indexOf('=');
  const name = setting.slice(0, at);
  const value = setting.slice(at + 1);
  const whose = role === null ? `DATABASE ${database}` : `ROLE ${identifier(role)} IN DATABASE ${database}`;
  const written = listSettings.has(name.toLowerCase())
    ? splitNames(value).map(literal).join(', ') || `''`
    : literal(value);
  return `ALTER ${whose} SET ${name.split('.').map(identifier).join('.')} TO ${written}`;
}

/** Takes a list such as `public, "Süd ""Ost"""` apart. */
export function splitNames(list: string): string[] {
  const names = list.match(/"(?:[^"]|"")*"|[^\s,"]+/g) ?? [];
  return names.map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name));
}
