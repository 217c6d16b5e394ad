import { alertMetrics } from './alert-metrics';
import { buckets } from './buckets';

/**
 * Every metric that the services export: names and labels are a contract (dashboards, rules and people's own
 * queries read them), so they are declared once, here. A label is `open` when its values are bounded by something
 * that is known only at run time (a route table, the configured databases); otherwise its values are listed and
 * every combination is there, at zero, from the first scrape. `env` is filled in for the service.
 */
export interface MetricDefinition {
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  labels: Record<string, 'env' | 'open' | readonly string[]>;
  /** Upper bounds; each threshold that a rule compares with is one of them. */
  buckets?: readonly number[];
}

export const metricCatalogue = {
  db_backup_total: { type: 'counter', help: 'Backup attempts that ended.', labels: { env: 'env' } },
  db_backup_failed_total: { type: 'counter', help: 'Backup attempts that failed.', labels: { env: 'env' } },
  db_backup_duration_seconds: {
    type: 'histogram',
    help: 'Seconds from capture to commit of a backup.',
    labels: { env: 'env' },
    buckets: buckets.backup,
  },
  db_backup_size_bytes: {
    type: 'histogram',
    help: 'Stored bytes of a backup.',
    labels: { env: 'env' },
    buckets: buckets.bytes,
  },
  db_backup_proof_duration_seconds: {
    type: 'histogram',
    help: 'Seconds that the proof of a backup took.',
    labels: { env: 'env' },
    buckets: buckets.backup,
  },
  db_backup_last_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the newest good backup was taken; 0 when there was never one.',
    labels: { database: 'open' },
  },
  db_backup_last_proven_timestamp_seconds: {
    type: 'gauge',
    help: 'When the newest proven backup was taken; 0 when there was never one.',
    labels: { database: 'open' },
  },
  db_backup_next_run_timestamp_seconds: {
    type: 'gauge',
    help: 'When the next scheduled backup is due.',
    labels: { database: 'open' },
  },
  db_backup_verdict: {
    type: 'gauge',
    help: '1 for the verdict on the newest backup, 0 for the others.',
    labels: { database: 'open', verdict: 'open' },
  },
  db_backup_progress_ratio: {
    type: 'gauge',
    help: 'How far the running backup is, measured by the last one; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_backup_running_bytes: {
    type: 'gauge',
    help: 'Bytes that the running backup has dumped; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_backup_running_bytes_per_second: {
    type: 'gauge',
    help: 'Bytes a second that the running backup dumps; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_backup_running_remaining_seconds: {
    type: 'gauge',
    help: 'Seconds that the running backup will still dump, measured by the last one; 0 when nothing tells.',
    labels: { database: 'open' },
  },
  db_backup_deleted_total: {
    type: 'counter',
    help: 'Backups that retention deleted, and orphaned folders and uploads that were swept.',
    labels: { kind: ['backup', 'orphan', 'upload'] },
  },
  db_backup_copies_total: {
    type: 'counter',
    help: 'Attempts to bring a backup into the second storage, by how they ended.',
    labels: { outcome: ['succeeded', 'failed'] },
  },
  db_backup_copy_lag_seconds: {
    type: 'gauge',
    help: 'For how long a backup has been without its second copy; 0 when none is, or none is to have one.',
    labels: { database: 'open' },
  },
  db_restore_total: {
    type: 'counter',
    help: 'Restores by how they ended; one that was cancelled before it began is none.',
    labels: { outcome: ['succeeded', 'failed', 'cancelled', 'undone'] },
  },
  db_restore_progress_ratio: {
    type: 'gauge',
    help: 'Share of its dump that the running restore has restored; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_restore_running_bytes: {
    type: 'gauge',
    help: 'Bytes of its dump that the running restore has restored; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_restore_running_bytes_per_second: {
    type: 'gauge',
    help: 'Bytes a second of its dump that the running restore restores; 0 when none runs.',
    labels: { database: 'open' },
  },
  db_restore_running_remaining_seconds: {
    type: 'gauge',
    help: 'Seconds that the running restore will still read its dump; 0 when nothing tells.',
    labels: { database: 'open' },
  },
  backup_orphan_objects: {
    type: 'gauge',
    help: 'Folders of a storage that are no backup and belong to no run.',
    labels: { storage: 'open' },
  },
  backup_storage_up: {
    type: 'gauge',
    help: '1 while a storage of backups answers, else 0.',
    labels: { storage: 'open' },
  },
  backup_storage_used_bytes: {
    type: 'gauge',
    help: 'Bytes that backups take in a storage.',
    labels: { storage: 'open' },
  },
  backup_storage_free_bytes: {
    type: 'gauge',
    help: 'Bytes that are free in a storage.',
    labels: { storage: 'open' },
  },

  jwt_key_rotation_total: {
    type: 'counter',
    help: 'Rotation attempts by how they ended.',
    labels: { env: 'env', operation: ['succeeded', 'noop', 'lock_contended', 'failed'] },
  },
  jwt_key_rotation_duration_seconds: {
    type: 'histogram',
    help: 'Seconds that a rotation attempt took.',
    labels: { env: 'env' },
    buckets: buckets.rotation,
  },
  jwt_active_keys_total: {
    type: 'gauge',
    help: 'Keys that verify and have signed: active and retiring.',
    labels: { env: 'env' },
  },
  jwt_key_rotations_total: { type: 'counter', help: 'Signing keys promoted.', labels: {} },
  jwt_key_retirements_total: { type: 'counter', help: 'Signing keys retired.', labels: {} },
  jwt_key_rotation_errors_total: { type: 'counter', help: 'Errors during key rotation.', labels: {} },
  jwt_keys: {
    type: 'gauge',
    help: 'Keys by state.',
    labels: { state: ['pending', 'active', 'retiring', 'retired', 'revoked'] },
  },
  jwt_active_key_age_seconds: {
    type: 'gauge',
    help: 'Seconds since the signing key was promoted.',
    labels: {},
  },
  jwt_next_rotation_timestamp_seconds: { type: 'gauge', help: 'When the next rotation is due.', labels: {} },
  jwt_rotation_interval_seconds: {
    type: 'gauge',
    help: 'Seconds between two scheduled rotations.',
    labels: {},
  },
  jwt_key_set_epoch: {
    type: 'gauge',
    help: 'Epoch of the key set that this verifier holds; 0 before the first.',
    labels: {},
  },
  jwt_key_set_age_seconds: {
    type: 'gauge',
    help: 'Seconds since this verifier last read the key set.',
    labels: {},
  },
  jwt_rotation_awaited_verifiers: {
    type: 'gauge',
    help: 'Verifiers that a due rotation waits for.',
    labels: {},
  },
  jwt_key_sets_refused_total: {
    type: 'counter',
    help: 'Key sets that this verifier read and did not believe, by reason.',
    labels: { reason: ['unsigned', 'unknown_signer', 'bad_signature', 'older_epoch', 'empty'] },
  },
  jwt_key_last_used_timestamp_seconds: {
    type: 'gauge',
    help: 'When this verifier last accepted a token of a published key; 0 when it has not yet.',
    labels: { kid: 'open' },
  },
  tokens_accepted_on_stale_set_total: {
    type: 'counter',
    help: 'Tokens accepted while the key set had not been read for three polls.',
    labels: {},
  },
  jwt_key_revocation_propagation_seconds: {
    type: 'histogram',
    help: 'Seconds from the revocation of a key to this verifier’s refusal of it.',
    labels: {},
    buckets: buckets.propagation,
  },
  token_verifications_total: {
    type: 'counter',
    help: 'Bearer tokens by outcome of verification.',
    labels: {
      outcome: [
        'accepted',
        'missing',
        'malformed',
        'unknown_kid',
        'revoked_key',
        'bad_signature',
        'expired',
        'not_yet_valid',
        'wrong_audience',
        'wrong_issuer',
        'wrong_type',
        'cut_off',
        'insufficient_scope',
        'keys_unavailable',
      ],
    },
  },

  http_requests_total: {
    type: 'counter',
    help: 'HTTP requests answered.',
    labels: { method: 'open', endpoint: 'open', status: 'open' },
  },
  http_request_duration_seconds: {
    type: 'histogram',
    help: 'Seconds from a request to the end of its answer.',
    labels: { method: 'open', endpoint: 'open' },
    buckets: buckets.http,
  },

  celery_task_total: {
    type: 'counter',
    help: 'Background task executions by outcome.',
    labels: { task_name: 'open', status: ['success', 'failure', 'retry'] },
  },
  celery_task_duration_seconds: {
    type: 'histogram',
    help: 'Seconds that a background task took.',
    labels: { task_name: 'open' },
    buckets: buckets.task,
  },
  celery_workers_active: { type: 'gauge', help: 'Workers of this process that take tasks.', labels: {} },
  celery_queue_length: { type: 'gauge', help: 'Tasks that wait in a queue.', labels: { queue: 'open' } },

  audit_events_total: {
    type: 'counter',
    help: 'Audit events by action and outcome.',
    labels: { action: 'open', outcome: ['success', 'failure', 'denied'] },
  },
  audit_file_errors_total: {
    type: 'counter',
    help: 'Writes to the audit file that failed; the records are in Postgres and follow.',
    labels: {},
  },
  audit_spool_depth: {
    type: 'gauge',
    help: 'Audit events that wait for Postgres in the local spool.',
    labels: {},
  },
  suspicious_activity_total: {
    type: 'counter',
    help: 'Suspicious patterns seen.',
    labels: { pattern: ['credential_stuffing', 'refresh_reuse', 'signature_failures', 'unknown_kids'] },
  },
  login_lockouts_total: {
    type: 'counter',
    help: 'Lock-outs after failed logins, by what has to wait.',
    labels: { scope: ['account', 'address'] },
  },
  login_throttle_fallback_total: {
    type: 'counter',
    help: 'Attempts that were counted in this process only, because Redis did not answer.',
    labels: {},
  },
  token_refresh_total: {
    type: 'counter',
    help: 'Refresh tokens presented, by outcome.',
    labels: { outcome: ['rotated', 'repeated', 'unknown', 'expired', 'ended', 'disabled', 'reused'] },
  },
  token_cut_off_age_seconds: {
    type: 'gauge',
    help: 'Seconds since this verifier last read whose tokens are refused.',
    labels: {},
  },
  token_verification_cache_total: {
    type: 'counter',
    help: 'Bearer tokens whose signature was known from before, or had to be computed.',
    labels: { result: ['hit', 'miss'] },
  },

  ...alertMetrics,

  db_pool_connections: {
    type: 'gauge',
    help: 'Connections of the pool to the ops database.',
    labels: { state: ['active', 'idle', 'waiting'] },
  },
  facts_ignored_total: {
    type: 'counter',
    help: 'Pub/sub messages that were not understood, by reason.',
    labels: { reason: ['unknown_version', 'invalid'] },
  },
  app_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell what runs.',
    labels: { service: 'open', version: 'open' },
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof metricCatalogue;

/** The labels that a caller gives for a metric: all but `env`. */
export type LabelsOf<Name extends MetricName> = {
  [
    Label in keyof (typeof metricCatalogue)[Name]['labels'] as (typeof metricCatalogue)[Name]['labels'][Label] extends 'env'
      ? never
      : Label
  ]: (typeof metricCatalogue)[Name]['labels'][Label] extends readonly (infer Value extends string)[]
    ? Value
    : string;
};

/** Names of the metrics of one type. */
export type MetricOfType<Type extends MetricDefinition['type']> = {
  [Name in MetricName]: (typeof metricCatalogue)[Name]['type'] extends Type ? Name : never;
}[MetricName];
