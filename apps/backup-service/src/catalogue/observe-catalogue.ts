/**
 * Keeps the gauges of the catalogue true. They are read from Postgres on a timer, not kept in memory: every replica
 * shows the same, and a restart forgets nothing. Each target's series is there from the first scrape; 0 says "never",
 * which is an alert of its own. Nothing is asked of a storage here: the catalogue is known while one is away.
 */
import type { Pool, Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { BackupStorage } from '../storage/backup-storage';
import { estimateProgress } from '../run/estimate-progress';
import { allowedFrom } from '../schedule/backup-schedule';
import { leaseSeconds } from './backup-runs';
import { verdicts, type Verdict } from './backups';
import { countOrphans } from './orphans';
import type { TargetRules } from './targets';

export interface CatalogueObserver {
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

const intervalMs = 10_000;

/** Starts the timer. */
export function observeCatalogue(options: {
  pool: Pool;
  /** Where backups are, and, where there is one, the storage of second copies. */
  storages: readonly [first: Pick<BackupStorage, 'name'>, ...copy: Pick<BackupStorage, 'name'>[]];
  /** Where second copies go; undefined where none are made. */
  copyPlace: string | undefined;
  rules: readonly Pick<TargetRules, 'database' | 'schedule'>[];
  metrics: Metrics;
  logger: Logger;
}): CatalogueObserver {
  const { pool, storages, copyPlace = null, rules, metrics, logger } = options;
  const databases = rules.map(({ database }) => database);
  const storage = storages[0].name;
  for (const database of databases) setDatabaseGauges(metrics, { database, ...nothingYet });
  for (const { name } of storages) metrics.set('backup_orphan_objects', 0, { storage: name });

  async function read(): Promise<void> {
    for (const row of await readDatabases(pool, databases, { storage, copyPlace }))
      setDatabaseGauges(metrics, { ...row, next: nextBegin(row, rules) });
    for (const { name } of storages)
      metrics.set('backup_orphan_objects', await countOrphans(pool, name), { storage: name });
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
  /** Of the run under way, and of the last dump; 0 when there is none. */
  dumpedBytes: number;
  elapsedSeconds: number;
  expectedBytes: number;
  /** Of the restore whose dump is being read; 0 when there is none. */
  restoredBytes: number;
  restoringSeconds: number;
  toRestoreBytes: number;
  /** Seconds for which a good backup has been without its second copy. */
  copyLag: number;
  verdict: Verdict | null;
}

const notRunning = {
  dumpedBytes: 0,
  elapsedSeconds: 0,
  expectedBytes: 0,
  restoredBytes: 0,
  restoringSeconds: 0,
  toRestoreBytes: 0,
};
const nothingYet = { success: 0, proven: 0, next: 0, ...notRunning, copyLag: 0, verdict: null };

/** One that falls into a blackout is not overdue before that ends. */
function nextBegin(
  { database, next }: DatabaseState,
  rules: readonly Pick<TargetRules, 'database' | 'schedule'>[],
): number {
  const schedule = rules.find((rule) => rule.database === database)?.schedule;
  if (!schedule || next === 0) return next;
  return allowedFrom(schedule, new Date(next * 1000)).getTime() / 1000;
}

/** A backup whose proof found it bad is no success, nor is one in a storage that the service has not, or no more. */
async function readDatabases(
  db: Queryable,
  databases: readonly string[],
  places: { storage: string; copyPlace: string | null },
): Promise<DatabaseState[]> {
  const { rows } = await db.query<DatabaseState>(
    `SELECT target.database,
       coalesce((SELECT extract(epoch FROM max(taken_at)) FROM backup
                 WHERE backup.database = target.database AND storage = $3
                   AND verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS')), 0)::float8 AS success,
       coalesce((SELECT extract(epoch FROM max(taken_at)) FROM backup
                 WHERE backup.database = target.database AND storage = $3
                   AND verdict IN ('PROVEN', 'RESTORED')), 0)::float8 AS proven,
       coalesce((SELECT extract(epoch FROM next_run_at) FROM task_schedule
                 WHERE name = 'db_backup:' || target.database), 0)::float8 AS next,
       coalesce(run.dumped_bytes, 0)::float8 AS "dumpedBytes",
       coalesce(extract(epoch FROM run.lease_until - run.attempt_started_at) - ${leaseSeconds}, 0)::float8 AS "elapsedSeconds",
       coalesce((SELECT (manifest -> 'dump' ->> 'dumped_bytes')::float8 FROM backup
                 WHERE backup.database = target.database ORDER BY taken_at DESC LIMIT 1), 0) AS "expectedBytes",
       coalesce(restore.restored_bytes, 0)::float8 AS "restoredBytes",
       coalesce(extract(epoch FROM restore.lease_until - restore.phase_started_at) - ${leaseSeconds}, 0)::float8
         AS "restoringSeconds",
       coalesce((SELECT (manifest -> 'dump' ->> 'dumped_bytes')::float8 FROM backup
                 WHERE backup.id = restore.backup_id), 0) AS "toRestoreBytes",
       coalesce((SELECT extract(epoch FROM clock_timestamp() - min(behind_since))
                 FROM backup_copy JOIN backup ON backup.id = backup_id
                 WHERE backup.database = target.database AND place = $2 AND delete_marked_at IS NULL
                   AND verdict NOT IN ('CORRUPT', 'CONTENT_DIFFERS')), 0)::float8 AS "copyLag",
       (SELECT verdict FROM backup WHERE backup.database = target.database AND storage = $3
        ORDER BY taken_at DESC LIMIT 1) AS verdict
     FROM unnest($1::text[]) AS target (database)
          LEFT JOIN backup_run run ON run.database = target.database AND run.state = 'running'
          LEFT JOIN LATERAL (SELECT * FROM db_restore
                             WHERE db_restore.database = target.database AND asked = 'restore' AND phase = 'restoring'
                             ORDER BY phase_started_at DESC LIMIT 1) restore ON true`,
    [databases, places.copyPlace, places.storage],
  );
  return rows;
}

function setDatabaseGauges(metrics: Metrics, state: DatabaseState): void {
  const { database } = state;
  metrics.set('db_backup_last_success_timestamp_seconds', state.success, { database });
  metrics.set('db_backup_last_proven_timestamp_seconds', state.proven, { database });
  metrics.set('db_backup_next_run_timestamp_seconds', state.next, { database });
  setProgressGauges(metrics, 'db_backup', { ...state, database });
  setProgressGauges(metrics, 'db_restore', {
    database,
    dumpedBytes: state.restoredBytes,
    elapsedSeconds: state.restoringSeconds,
    expectedBytes: state.toRestoreBytes,
  });
  metrics.set('db_backup_copy_lag_seconds', state.copyLag, { database });
  for (const verdict of verdicts)
    metrics.set('db_backup_verdict', state.verdict === verdict ? 1 : 0, { database, verdict });
}

function setProgressGauges(
  metrics: Metrics,
  of: 'db_backup' | 'db_restore',
  state: Pick<DatabaseState, 'database' | 'dumpedBytes' | 'elapsedSeconds' | 'expectedBytes'>,
): void {
  const { database, dumpedBytes, expectedBytes } = state;
  const progress = estimateProgress(state);
  const ratio = expectedBytes > 0 ? Math.min(1, dumpedBytes / expectedBytes) : 0;
  metrics.set(`${of}_progress_ratio`, ratio, { database });
  metrics.set(`${of}_running_bytes`, dumpedBytes, { database });
  metrics.set(`${of}_running_bytes_per_second`, progress?.bytesPerSecond ?? 0, { database });
  metrics.set(`${of}_running_remaining_seconds`, progress?.secondsLeft ?? 0, { database });
}
