/** What the last good backups of a database were like: what the next one is measured by. */
import type { Queryable } from '@swfx/database';

export interface PastBackup {
  sizeBytes: number;
  durationSeconds: number;
  rows: number;
  /** Rows by table, `schema.name`. */
  tables: Record<string, number>;
}

const lastOnes = 7;

/** Newest first; one that failed its proof is no measure, nor is the one that is left out. */
export async function readHistory(
  db: Queryable,
  database: string,
  options: { without?: string } = {},
): Promise<PastBackup[]> {
  const { rows } = await db.query<PastBackup>(
    `SELECT size_bytes AS "sizeBytes", duration_seconds AS "durationSeconds",
            coalesce((SELECT sum((t ->> 'rows')::float8) FROM json_array_elements(manifest -> 'tables') t), 0) AS rows,
            coalesce((SELECT json_object_agg((t ->> 'schema') || '.' || (t ->> 'name'), (t ->> 'rows')::float8)
                      FROM json_array_elements(manifest -> 'tables') t), '{}') AS tables
     FROM backup WHERE database = $1 AND verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS')
       AND ($2::uuid IS NULL OR id <> $2)
     ORDER BY taken_at DESC LIMIT ${lastOnes}`,
    [database, options.without ?? null],
  );
  return rows;
}

/** Seconds that the last good backups took. */
export async function readDurations(db: Queryable, database: string): Promise<number[]> {
  const { rows } = await db.query<{ seconds: number }>(
    `SELECT duration_seconds AS seconds FROM backup
     WHERE database = $1 AND verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS') ORDER BY taken_at DESC LIMIT ${lastOnes}`,
    [database],
  );
  return rows.map((row) => row.seconds);
}
