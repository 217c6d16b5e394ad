/** Folders of a storage that are no backup: since when each has been known to be none. */
import type { Queryable } from '@swfx/database';

/** Ids of those of these runs that are still to make a backup. */
export async function listOpenRuns(db: Queryable, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `SELECT id FROM backup_run WHERE id = ANY ($1) AND state IN ('queued', 'running')`,
    [ids],
  );
  return new Set(rows.map((row) => row.id));
}

/** Remembers the orphans of a database's part of a storage, forgets those that are gone, and tells the age of each. */
export async function rememberOrphans(
  db: Queryable,
  place: { storage: string; prefix: string; locations: readonly string[] },
): Promise<{ location: string; seconds: number }[]> {
  const { storage, prefix, locations } = place;
  await db.query(
    `DELETE FROM backup_orphan WHERE storage = $1 AND starts_with(location, $2) AND NOT location = ANY ($3)`,
    [storage, prefix, locations],
  );
  await db.query(
    `INSERT INTO backup_orphan (storage, location) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING`,
    [storage, locations],
  );
  const { rows } = await db.query<{ location: string; seconds: number }>(
    `SELECT location, extract(epoch FROM clock_timestamp() - seen_at)::float8 AS seconds
     FROM backup_orphan WHERE storage = $1 AND starts_with(location, $2)`,
    [storage, prefix],
  );
  return rows;
}

/** How many orphans of a storage are known. */
export async function countOrphans(db: Queryable, storage: string): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    'SELECT count(*)::int AS count FROM backup_orphan WHERE storage = $1',
    [storage],
  );
  return rows[0]?.count ?? 0;
}
