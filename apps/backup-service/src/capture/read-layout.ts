import type { Client } from 'pg';
import { quoted, type TableName } from './list-tables';
import type { Column } from './row-hash';

/** What is needed to read a table: its columns by name, and how long it is. */
export interface TableLayout extends TableName {
  /** Those that hold something: what Postgres computes at each reading is in the definition. */
  columns: Column[];
  /** All that it takes, with the long values that are kept beside it. */
  bytes: number;
  /** Undefined where it cannot be read page by page: before Postgres 14, or in another storage than Postgres' own. */
  pages: number | undefined;
}

const tablesPerStatement = 500;

/** Reads the layout of tables, in their order. */
export async function readLayouts(session: Client, tables: readonly TableName[]): Promise<TableLayout[]> {
  const layouts: TableLayout[] = [];
  for (let from = 0; from < tables.length; from += tablesPerStatement) {
    const group = tables.slice(from, from + tablesPerStatement);
    const { rows } = await session.query<{ columns: Column[]; bytes: string; pages: string | null }>(
      layoutQuery,
      [group.map(quoted)],
    );
    rows.forEach(({ columns, bytes, pages }, at) => {
      const length = { bytes: Number(bytes), pages: pages === null ? undefined : Number(pages) };
      layouts.push({ ...(group[at] as TableName), columns, ...length });
    });
  }
  return layouts;
}

const layoutQuery = `
  SELECT pg_table_size(c.oid)::text AS bytes,
         CASE WHEN amname = 'heap' AND current_setting('server_version_num')::int >= 140000
              THEN (pg_relation_size(c.oid) / current_setting('block_size')::int)::text END AS pages,
         (SELECT coalesce(json_agg(json_build_object('name', attname, 'type', atttypid::int8)
                                   ORDER BY attname COLLATE "C"), '[]')
          FROM pg_attribute
          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v') AS columns
  FROM unnest($1::text[]::regclass[]) WITH ORDINALITY AS wanted (oid, at)
  JOIN pg_class c ON c.oid = wanted.oid LEFT JOIN pg_am ON pg_am.oid = relam
  ORDER BY at`;
