import type { Queryable } from '@swfx/database';
import type { Columns } from '@swfx/service';
import type { Verdict } from '../catalogue/backups';
import { formatBytes } from './format-bytes';

/** A backup, or a run that has made none, as `swfx backup list --json` prints it. */
export interface ListedBackup {
  id: string;
  database: string;
  state: 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';
  /** Null while there is no backup. */
  verdict: Verdict | null;
  proof_level: string | null;
  /** When its snapshot was taken, or, without one, when it was asked for. */
  taken_at: Date;
  duration_seconds: number | null;
  size_bytes: number | null;
  /** Seconds that a restore of it took, or else its proof, which is a restore too. */
  restore_seconds: number | null;
  tables: number | null;
  rows: number | null;
  attempt: number;
  requested_by: string;
  /** Why the run failed or the verdict is what it is. */
  reason: string | null;
}

/** Backups and runs, newest first. */
export async function listBackups(
  db: Queryable,
  filter: { database?: string; limit: number },
): Promise<ListedBackup[]> {
  const { rows } = await db.query<ListedBackup>(
    `SELECT run.id, run.database, run.state, backup.verdict, backup.proof_level,
            coalesce(backup.taken_at, run.requested_at) AS taken_at, backup.duration_seconds, backup.size_bytes,
            coalesce((SELECT restore_seconds FROM db_restore WHERE backup_id = run.id AND restore_seconds IS NOT NULL
                      ORDER BY finished_at DESC LIMIT 1), backup.proof_seconds) AS restore_seconds,
            json_array_length(backup.manifest -> 'tables') AS tables,
            (SELECT sum((t ->> 'rows')::bigint)::bigint FROM json_array_elements(backup.manifest -> 'tables') t) AS rows,
            run.attempt, run.requested_by, coalesce(backup.verdict_reason, run.error) AS reason
     FROM backup_run run LEFT JOIN backup USING (id)
     WHERE $1::text IS NULL OR run.database = $1
     ORDER BY taken_at DESC LIMIT $2`,
    [filter.database ?? null, filter.limit],
  );
  return rows;
}

/** The columns of `swfx backup list`. */
export const backupColumns: Columns<ListedBackup> = {
  ID: ({ id }) => id,
  DATABASE: ({ database }) => database,
  TAKEN: ({ taken_at }) => `${taken_at.toISOString().slice(0, 19)}Z`,
  STATE: ({ state }) => state,
  VERDICT: ({ verdict }) => verdict,
  SIZE: ({ size_bytes }) => size_bytes && formatBytes(size_bytes),
  SECONDS: ({ duration_seconds }) => duration_seconds?.toFixed(1),
  'RESTORE S': ({ restore_seconds: seconds }) => seconds?.toFixed(1),
  TABLES: ({ tables }) => tables,
  ROWS: ({ rows }) => rows,
  WHY: ({ reason }) => reason,
};
