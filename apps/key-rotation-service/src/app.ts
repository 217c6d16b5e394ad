/**
 * The key-rotation service: gives the platform its signing keys, and new ones in time. Any number of replicas may
 * run; what is due and what was done are rows in Postgres. It starts with Postgres and Redis down, and works as soon
 * as Postgres is there.
 */
import { isDatabaseUnavailable } from '@swfx/database';
import { AppError } from '@swfx/errors';
import { facts, startTask } from '@swfx/messaging';
import type { MetricName, Metrics } from '@swfx/metrics';
import {
  startOperations,
  startService,
  workerMetrics,
  type Foundation,
  type StartedService,
} from '@swfx/service';
import type { KeyRotationConfig } from './config';
import { arrangeImport, warnOfLateImport, type ImportedKeys } from './import/imported-keys';
import { requireKeyEncryptionKeys } from './rotation/check-key-ring';
import { describePolicy } from './rotation/publish-policy';
import type { Reporting } from './rotation/report-outcome';
import type { Rotator } from './rotation/rotate';
import { rotationPolicy } from './rotation/rotation-policy';
import { findDueRotations, rotationTask, runRotations } from './rotation/rotation-task';
import { watchKeySet } from './rotation/watch-key-set';

const rotationMetrics: readonly MetricName[] = [
  'jwt_key_rotation_total',
  'jwt_key_rotation_duration_seconds',
  'jwt_active_keys_total',
  'jwt_key_rotations_total',
  'jwt_key_retirements_total',
  'jwt_key_rotation_errors_total',
  'jwt_keys',
  'jwt_active_key_age_seconds',
  'jwt_next_rotation_timestamp_seconds',
  'jwt_rotation_interval_seconds',
  'jwt_rotation_awaited_verifiers',
];

export type KeyRotationService = StartedService<{ operationsPort: number }>;

/** Starts the service; throws `key_encryption_key_missing` when a stored key was sealed with one that it was not given. */
export function createApp(
  config: KeyRotationConfig,
  options: { registry?: Metrics['registry'] } = {},
): Promise<KeyRotationService> {
  const metrics = [...workerMetrics, ...rotationMetrics];
  return startService(
    config,
    { service: 'key-rotation-service', metrics, ...options },
    async (foundation) => {
      await compareWithStore(foundation, config);
      return wire(config, foundation);
    },
  );
}

async function wire(config: KeyRotationConfig, foundation: Foundation): Promise<{ operationsPort: number }> {
  const { logger, metrics, lifecycle, pool } = foundation;
  const cron = config.JWT_ROTATION_SCHEDULE_CRON;
  const ring = config.KEY_ENCRYPTION_KEYS;
  const rotator: Rotator = {
    ...foundation,
    ring,
    alg: config.JWT_SIGNING_ALG,
    policy: rotationPolicy(config),
    imported: importedKeys(config),
    lockTtlMs: config.JWT_ROTATION_LOCK_TTL_SEC * 1000,
  };
  const reporting: Reporting = {
    ...foundation,
    alertOnError: config.JWT_ROTATION_ALERT_ON_ERROR,
    alertOnRetry: config.JWT_ROTATION_ALERT_ON_RETRY,
  };

  const policy = describePolicy(rotator.policy, config, ring);
  const watch = watchKeySet({ pool, ring, metrics, logger, cron, policy, intervalMs: 5_000 });
  lifecycle.onStop('key set watch', () => watch.stop());
  const run = runRotations(rotator, reporting);
  const task = startTask({
    name: rotationTask,
    redisUrl: config.REDIS_URL,
    logger,
    metrics,
    due: findDueRotations(rotator, cron),
    run: (id) => run(id).finally(() => watch.look()),
    pollMs: 2_000,
    concurrency: 1,
  });
  lifecycle.onStop('rotation task', () => task.stop(8_000), 20_000);
  foundation.facts.subscribe(facts.rotationRequested, () => void task.poll());
  const ready = () => watch.ready();
  const operationsPort = await startOperations(foundation, config, { tasks: [task], ready });
  logger.info('The key-rotation service is up', { operationsPort, cron });
  return { operationsPort };
}

/** Without Postgres there is nothing to compare with yet; the service then says so in `/readyz`, and does no work. */
async function compareWithStore({ pool, logger }: Foundation, config: KeyRotationConfig): Promise<void> {
  try {
    await requireKeyEncryptionKeys(pool, config.KEY_ENCRYPTION_KEYS);
    const imported = importedKeys(config);
    if (imported) await warnOfLateImport(pool, imported, logger);
  } catch (error) {
    if (error instanceof AppError) throw error;
    logger.warn('The stored keys cannot be compared with the configuration yet', {
      unreachable: isDatabaseUnavailable(error),
    });
  }
}

/** The configuration was refused if they did not fit together. */
function importedKeys(config: KeyRotationConfig): ImportedKeys | undefined {
  const arranged = arrangeImport(config.JWT_KEYS, config.ACTIVE_JWT_KID);
  return typeof arranged === 'string' ? undefined : arranged;
}
