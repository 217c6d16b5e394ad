import type { Client } from 'pg';
import pg from 'pg';

export interface TableName {
  schema: string;
  name: string;
}

/** A table and how many rows of its own it has (those of its partitions are the partitions'). */
export interface TableRows extends TableName {
  rows: number;
}

/**
 * The tables that a dump carries, with partitioned parents where asked for (they hold no rows, but are locked).
 * Tables that belong to an extension come with the extension.
 */
export async function listTables(
  session: Client,
  options: { withPartitioned?: boolean } = {},
): Promise<TableName[]> {
  const { rows } = await session.query<TableName>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE (c.relkind = 'r' OR (c.relkind = 'p' AND $1)) AND c.relpersistence <> 't'
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_depend d
                       WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
    [options.withPartitioned ?? false],
  );
  return rows;
}

/** A table's name as SQL. */
export function quoted({ schema, name }: TableName): string {
  return `${pg.escapeIdentifier(schema)}.${pg.escapeIdentifier(name)}`;
}
