/**
 * Keeps the gauges of the catalogue and the storage true. They are read from Postgres and the storage on a timer, not
 * kept in memory: every replica shows the same, and a restart forgets nothing. Each target's series is there from the
 * first scrape; 0 says "never", which is an alert of its own.
 */
import type { Pool, Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { BackupStorage } from '../storage/backup-storage';
import { verdicts, type Verdict } from './backups';
import { countOrphans } from './orphans';

export interface CatalogueObserver {
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

const intervalMs = 10_000;

/** Starts the timer. */
export function observeCatalogue(options: {
  pool: Pool;
  storage: BackupStorage;
  databases: readonly string[];
  metrics: Metrics;
  logger: Logger;
}): CatalogueObserver {
  const { pool, storage, databases, metrics, logger } = options;
  for (const database of databases)
    setDatabaseGauges(metrics, { database, success: 0, proven: 0, next: 0, progress: 0, verdict: null });
  metrics.set('backup_storage_used_bytes', 0, { storage: storage.name });
  metrics.set('backup_orphan_objects', 0, { storage: storage.name });

  async function read(): Promise<void> {
    for (const row of await readDatabases(pool, databases)) setDatabaseGauges(metrics, row);
    metrics.set('backup_orphan_objects', await countOrphans(pool, storage.name), { storage: storage.name });
    await setStorageGauges(metrics, storage);
  }
  let reading: Promise<void> | undefined;
  const refresh = () =>
    (reading ??= read()
      .catch((error: unknown) => {
        logger.debug('The backup gauges keep their last values', { error: errorMessage(error) });
      })
      .finally(() => (reading = undefined)));
  void refresh();
  const timer = setInterval(() => void refresh(), intervalMs);
  return {
    refresh,
    async stop() {
      clearInterval(timer);
      await reading;
    },
  };
}

interface DatabaseState {
  database: string;
  /** Unix seconds, 0 for never. */
  success: number;
  proven: number;
  next: number;
  /** Of the run under way, by the bytes of the last dump; 0 when there is none. */
  progress: number;
  verdict: Verdict | null;
}

/** A backup whose proof found it bad is no success. */
async function readDatabases(db: Queryable, databases: readonly string[]): Promise<DatabaseState[]> {
  const { rows } = await db.query<DatabaseState>(
    `SELECT database,
       coalesce((SELECT extract(epoch FROM max(taken_at)) FROM backup
                 WHERE backup.database = target.database AND verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS')), 0)::float8
         AS success,
       coalesce((SELECT extract(epoch FROM max(taken_at)) FROM backup
                 WHERE backup.database = target.database AND verdict IN ('PROVEN', 'RESTORED')), 0)::float8 AS proven,
       coalesce((SELECT extract(epoch FROM next_run_at) FROM task_schedule
                 WHERE name = 'db_backup:' || target.database), 0)::float8 AS next,
       coalesce((SELECT least(1, dumped_bytes / nullif((SELECT (manifest -> 'dump' ->> 'dumped_bytes')::float8 FROM backup
                   WHERE backup.database = target.database ORDER BY taken_at DESC LIMIT 1), 0))
                 FROM backup_run WHERE backup_run.database = target.database AND state = 'running'), 0)::float8 AS progress,
       (SELECT verdict FROM backup WHERE backup.database = target.database ORDER BY taken_at DESC LIMIT 1) AS verdict
     FROM unnest($1::text[]) AS target (database)`,
    [databases],
  );
  return rows;
}

function setDatabaseGauges(metrics: Metrics, state: DatabaseState): void {
  const { database } = state;
  metrics.set('db_backup_last_success_timestamp_seconds', state.success, { database });
  metrics.set('db_backup_last_proven_timestamp_seconds', state.proven, { database });
  metrics.set('db_backup_next_run_timestamp_seconds', state.next, { database });
  metrics.set('db_backup_progress_ratio', state.progress, { database });
  for (const verdict of verdicts)
    metrics.set('db_backup_verdict', state.verdict === verdict ? 1 : 0, { database, verdict });
}

async function setStorageGauges(metrics: Metrics, storage: BackupStorage): Promise<void> {
  const free = await storage.freeBytes();
  const objects = await storage.list('');
  const used = objects.reduce((total, object) => total + object.sizeBytes, 0);
  metrics.set('backup_storage_used_bytes', used, { storage: storage.name });
  if (free !== undefined) metrics.set('backup_storage_free_bytes', free, { storage: storage.name });
}
