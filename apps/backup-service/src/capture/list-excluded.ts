import type { Client } from 'pg';
import type { TableName } from './list-tables';

/** Something that holds rows which the fingerprint leaves out, and why. */
export interface ExcludedTable extends TableName {
  reason: string;
}

/**
 * A materialised view is as old as its last refresh, and a restore refreshes it; one over `now()` or `random()` never
 * comes out the same at all. So its rows are not compared: the tables beneath it are, and its definition.
 */
export async function listExcluded(session: Client): Promise<ExcludedTable[]> {
  const { rows } = await session.query<ExcludedTable>(
    `SELECT n.nspname::text AS schema, c.relname::text AS name,
            CASE WHEN e.objid IS NOT NULL THEN 'belongs to an extension, and comes with it'
                 WHEN c.relkind = 'm' THEN 'is computed again by a restore'
                 ELSE 'has its rows on another server' END AS reason
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     LEFT JOIN pg_depend e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
     WHERE (c.relkind IN ('m', 'f') OR (c.relkind = 'r' AND e.objid IS NOT NULL))
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
     ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`,
  );
  return rows;
}
