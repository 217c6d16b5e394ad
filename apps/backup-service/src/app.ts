/**
 * The backup service: takes backups of the targets, and proves each by restoring it. It starts with Postgres and Redis
 * both down; its readiness says what it still waits for.
 */
import { facts } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import {
  startOperations,
  startService,
  workerMetrics,
  type Foundation,
  type StartedService,
} from '@swfx/service';
import { startAdminApi } from './admin/start-admin-api';
import { observeCatalogue } from './catalogue/observe-catalogue';
import type { BackupConfig } from './config';
import { startCopyTask } from './copy/start-copy-task';
import { startRewrapping } from './run/rewrap-backups';
import { watchReadiness } from './run/watch-readiness';
import { sweepCredentials } from './postgres-client/with-credentials';
import type { BackupWork } from './run/backup-work';
import { chooseKeys } from './seal/backup-keys';
import { startBackupTask } from './run/start-backup-task';
import { startProofTask } from './prove/start-proof-task';
import type { RestoreWork } from './restore/restore-work';
import type { RetentionWork } from './retention/retention-work';
import { startRetentionTask } from './retention/start-retention-task';
import { keepTargets } from './schedule/keep-targets';
import { targetRules } from './schedule/target-rules';
import { startRestoreTask } from './restore/start-restore-task';
import type { BackupStorage } from './storage/backup-storage';
import { observeStorages } from './storage/observe-storages';
import { openCopyStorage, openStorage } from './storage/open-storage';

type Ports = { operationsPort: number; adminPort: number | undefined };

/** Starts the service; the ports are those that are listened on. Without trust in a key set there is no admin API. */
export function createApp(
  config: BackupConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<StartedService<Ports>> {
  const metrics = [...workerMetrics, ...backupMetrics];
  return startService(config, { service: 'backup-service', metrics, ...options }, (foundation) =>
    wire(config, foundation),
  );
}

const backupMetrics = [
  'token_verifications_total',
  'db_backup_total',
  'db_backup_failed_total',
  'db_backup_duration_seconds',
  'db_backup_size_bytes',
  'db_backup_proof_duration_seconds',
  'db_backup_last_success_timestamp_seconds',
  'db_backup_last_proven_timestamp_seconds',
  'db_backup_next_run_timestamp_seconds',
  'db_backup_verdict',
  'db_backup_progress_ratio',
  'db_backup_running_bytes',
  'db_backup_running_bytes_per_second',
  'db_backup_running_remaining_seconds',
  'db_restore_total',
  'db_restore_progress_ratio',
  'db_restore_running_bytes',
  'db_restore_running_bytes_per_second',
  'db_restore_running_remaining_seconds',
  'db_backup_deleted_total',
  'backup_orphan_objects',
  'db_backup_copies_total',
  'db_backup_copy_lag_seconds',
  'backup_storage_up',
  'backup_storage_used_bytes',
  'backup_storage_free_bytes',
] as const;

async function wire(config: BackupConfig, foundation: Foundation): Promise<Ports> {
  const { pool, metrics, logger, lifecycle } = foundation;
  await sweepCredentials();
  const storage = await openStorage(config);
  const copy = await openCopyStorage(config, logger);
  const work = backupWork(config, foundation, { storage, copy });

  const rewrapping = startRewrapping(work);
  lifecycle.onStop('rewrapping', () => rewrapping.stop());

  const rules = targetRules(config);
  const kept: [BackupStorage, ...BackupStorage[]] = copy ? [storage, copy] : [storage];
  const copyPlace = copy?.place;
  const catalogue = observeCatalogue({ pool, storages: kept, copyPlace, rules, metrics, logger });
  lifecycle.onStop('catalogue gauges', () => catalogue.stop());
  const everySeconds = config.BACKUP_STORAGE_OBSERVE_SECONDS;
  const storages = observeStorages(kept, { everySeconds, metrics, logger });
  lifecycle.onStop('storage gauges', () => storages.stop());

  const redisUrl = config.REDIS_URL;
  const refresh = () => {
    void catalogue.refresh();
    storages.refresh();
  };
  const retention = startRetentionTask(retentionWork(config, work), { redisUrl, onEnd: refresh });
  const copies = copy ? startCopyTask({ ...work, copy }, { redisUrl, onEnd: refresh }) : undefined;
  const onProof = () => {
    refresh();
    void retention.hasten();
  };
  const proveCron = config.BACKUP_PROVE_SCHEDULE_CRON;
  const proofs = startProofTask(work, { redisUrl, cron: proveCron, onEnd: onProof });
  const onEnd = () => {
    refresh();
    void proofs.poll();
    void copies?.poll();
  };
  const targets = keepTargets(work, { rules });
  lifecycle.onStop('targets', () => targets.stop());
  const backups = startBackupTask(work, { redisUrl, rules, onEnd });
  const restores = startRestoreTask(restoreWork(config, work), { redisUrl });
  const tasks = [backups, proofs, restores, retention, ...(copies ? [copies] : [])];
  const graceMs = config.BACKUP_STOP_GRACE_SECONDS * 1000;
  lifecycle.onStop(
    'tasks',
    () => Promise.all(tasks.map((task) => task.stop(graceMs))).then(() => undefined),
    graceMs + 15_000,
  );
  foundation.facts.subscribe(facts.backupProgressed, ({ phase }) => {
    if (phase === 'requested') void backups.poll();
    if (phase === 'proof_requested') void proofs.poll();
  });
  foundation.facts.subscribe(facts.restoreProgressed, ({ phase }) => {
    if (phase === 'asked') void restores.poll();
  });

  const readiness = watchReadiness(work);
  lifecycle.onStop('readiness', () => readiness.stop());
  const admin = await startAdminApi(foundation, config, restoreWork(config, work));
  const ready = () => readiness.state();
  const operationsPort = await startOperations(foundation, config, { tasks, ready });
  return { operationsPort, adminPort: admin?.port };
}

/** What backups and proofs work with, from the configuration. */
export function backupWork(
  config: BackupConfig,
  foundation: Foundation,
  storages: Pick<BackupWork, 'storage' | 'copy'>,
): BackupWork {
  return {
    ...foundation,
    ...storages,
    targets: config.BACKUP_TARGETS,
    path: config.PATH,
    keys: chooseKeys(config),
    compression: {
      level: config.BACKUP_COMPRESSION_LEVEL,
      threads: config.BACKUP_COMPRESSION_THREADS,
    },
    fingerprint: config.BACKUP_FINGERPRINT,
    fingerprintSessions: config.BACKUP_FINGERPRINT_SESSIONS,
    fingerprintBytesPerSecond: bytesPerSecond(config.BACKUP_FINGERPRINT_MEGABYTES_PER_SECOND),
    maxAttempts: config.BACKUP_MAX_ATTEMPTS,
    retrySeconds: config.BACKUP_RETRY_SECONDS,
    lockWaitSeconds: config.BACKUP_LOCK_WAIT_SECONDS,
    maxRunSeconds: config.BACKUP_MAX_RUN_SECONDS,
    scratchFolder: config.BACKUP_SCRATCH_DIR,
    proofServer: config.BACKUP_PROVE_URL,
    proveEach: config.BACKUP_PROVE_EACH,
  };
}

/** 0 stands for no limit. */
function bytesPerSecond(megabytes: number): number | undefined {
  return megabytes === 0 ? undefined : megabytes * 1_000_000;
}

function restoreWork(config: BackupConfig, work: BackupWork): RestoreWork {
  return {
    ...work,
    keepHours: config.RESTORE_KEEP_HOURS,
    onPhase: async (restoreId, phase) => {
      await work.facts.publish(facts.restoreProgressed, { restoreId, phase });
    },
  };
}

function retentionWork(config: BackupConfig, work: BackupWork): RetentionWork {
  return {
    ...work,
    policies: new Map(targetRules(config).map(({ database, retention }) => [database, retention])),
    deleteDelaySeconds: config.BACKUP_DELETE_DELAY_SECONDS,
    deleteMaxPercent: config.BACKUP_DELETE_MAX_PERCENT,
  };
}
