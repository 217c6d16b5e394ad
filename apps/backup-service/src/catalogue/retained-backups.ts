/** What retention reads and writes of the catalogue: which backups there are, and which are marked to be deleted. */
import type { Queryable } from '@swfx/database';
import type { RetainedBackup } from '../retention/plan-retention';
import type { BackupPlace } from './backups';

/** A backup that retention decides on. */
export interface Candidate extends RetainedBackup, BackupPlace {
  database: string;
  sizeBytes: number;
  /** Seconds since it was marked to be deleted; null while it is not. */
  markedSeconds: number | null;
}

/** The backups of a database in a storage, or in all that there ever were, and the time by the clock that dates them. */
export async function listCandidates(
  db: Queryable,
  database: string,
  where: { storage: string | null; copyPlace: string | null },
): Promise<{ candidates: Candidate[]; now: Date }> {
  const { rows } = await db.query<Candidate>(
    `SELECT id, database, storage, location, taken_at AS "takenAt", size_bytes AS "sizeBytes",
            CASE WHEN verdict IN ('PROVEN', 'RESTORED') THEN 'proven'
                 WHEN verdict IN ('CORRUPT', 'CONTENT_DIFFERS') THEN 'bad'
                 WHEN verdict = 'NOT_YET' THEN 'pending' ELSE 'unknown' END AS worth,
            EXISTS (SELECT FROM db_restore
                    WHERE backup_id = backup.id
                      AND (asked IN ('plan', 'restore')
                           OR (state = 'planned' AND requested_at > now() - interval '1 day'))) AS "inUse",
            CASE WHEN $2::text IS NULL THEN 'none'
                 WHEN EXISTS (SELECT FROM backup_copy
                              WHERE backup_id = backup.id AND place = $2 AND state = 'copied') THEN 'copied'
                 ELSE 'awaited' END AS copy,
            extract(epoch FROM clock_timestamp() - delete_marked_at)::float8 AS "markedSeconds"
     FROM backup WHERE database = $1 AND ($3::text IS NULL OR storage = $3)`,
    [database, where.copyPlace, where.storage],
  );
  const { rows: clock } = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return { candidates: rows, now: (clock[0] as { now: Date }).now };
}

/** Marks a backup to be deleted. */
export async function markForDeletion(db: Queryable, id: string, reason: string): Promise<void> {
  await db.query(
    'UPDATE backup SET delete_marked_at = clock_timestamp(), delete_reason = $2 WHERE id = $1 AND delete_marked_at IS NULL',
    [id, reason],
  );
}

/** Takes the mark off a backup that is to be kept after all. */
export async function unmark(db: Queryable, id: string): Promise<void> {
  await db.query('UPDATE backup SET delete_marked_at = NULL, delete_reason = NULL WHERE id = $1', [id]);
}

/** Strikes a deleted backup out; false when it was struck out already. */
export async function strikeOut(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query('DELETE FROM backup WHERE id = $1 AND delete_marked_at IS NOT NULL', [
    id,
  ]);
  return rowCount === 1;
}
