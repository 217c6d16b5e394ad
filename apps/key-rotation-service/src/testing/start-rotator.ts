import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, Secret } from '@swfx/config';
import type { TaskOutcome } from '@swfx/messaging';
import { openFoundation, type Foundation } from '@swfx/service';
import { parseKeyRing, type KeyRing } from '@swfx/signing-keys';
import { Registry } from 'prom-client';
import { configSchema } from '../config';
import type { ImportedKeys } from '../import/imported-keys';
import type { Rotator } from '../rotation/rotate';
import { findDueRotations, runRotations } from '../rotation/rotation-task';

/** A key encryption ring of one new key, as the configuration has it. */
export function newRing(id = 'test'): string {
  return `${id}:${randomBytes(32).toString('base64')}`;
}

export interface TestRotator {
  foundation: Foundation;
  rotator: Rotator;
  /** Ids of the requests that are due, after the schedule was looked at. */
  due(): Promise<string[]>;
  run(id: string): Promise<TaskOutcome>;
  /** Sum over a metric's series that match, as the next scrape would read it. */
  metric(name: string, labels?: Record<string, string>): Promise<number>;
  stop(): Promise<void>;
}

/** The rotation of one replica on a real database, driven by the test rather than by the poll and the bell. */
export function startRotator(options: {
  databaseUrl: string;
  redisUrl: string;
  ring: string;
  /** How long a standby must have been published; 0 makes every request promote. */
  minimumPublishedSeconds: number;
  verifierWaitSeconds?: number;
  imported?: ImportedKeys;
  alertOnRetry?: boolean;
}): TestRotator {
  const folder = mkdtempSync(join(tmpdir(), 'rotator-'));
  const config = loadConfig(configSchema, {
    ENVIRONMENT: 'test',
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    KEY_ENCRYPTION_KEYS: options.ring,
    AUDIT_LOG_FILE: join(folder, 'audit.log'),
    SPOOL_DIR: join(folder, 'spool'),
    LOG_LEVEL: 'error',
  });
  const registry = new Registry();
  const foundation = openFoundation(config, {
    service: 'key-rotation-service',
    metrics: [
      'jwt_key_rotation_total',
      'jwt_key_rotation_duration_seconds',
      'jwt_key_rotations_total',
      'jwt_key_retirements_total',
      'jwt_key_rotation_errors_total',
      'jwt_rotation_awaited_verifiers',
    ],
    registry,
  });
  const ring: KeyRing = parseKeyRing(new Secret(options.ring));
  const { minimumPublishedSeconds, verifierWaitSeconds = 60, imported } = options;
  const policy = { graceSeconds: 900, minimumPublishedSeconds, verifierWaitSeconds };
  const rotator: Rotator = { ...foundation, ring, alg: 'ES256', policy, imported, lockTtlMs: 30_000 };
  const alertOnRetry = options.alertOnRetry ?? false;
  return {
    foundation,
    rotator,
    due: findDueRotations(rotator, '*/5 * * * *'),
    run: runRotations(rotator, { ...foundation, alertOnError: true, alertOnRetry }),
    metric: (name, labels) => readMetric(registry, name, labels),
    stop: () => foundation.lifecycle.stop(),
  };
}

async function readMetric(
  registry: Registry,
  name: string,
  labels: Record<string, string> = {},
): Promise<number> {
  const { values } = await (registry.getSingleMetric(name) as { get(): Promise<MetricValues> }).get();
  return values
    .filter((series) => Object.entries(labels).every(([label, value]) => series.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

interface MetricValues {
  values: { value: number; labels: Record<string, string | number> }[];
}
