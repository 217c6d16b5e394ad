import type { MetricName } from '@swfx/metrics';

/** The metrics that every service exports. */
export const serviceMetrics: readonly MetricName[] = [
  'http_requests_total',
  'http_request_duration_seconds',
  'db_pool_connections',
  'audit_events_total',
  'audit_file_errors_total',
  'audit_spool_depth',
  'facts_ignored_total',
  'alert_spool_depth',
  'alert_spool_age_seconds',
];

/** The metrics that every service with background tasks exports. */
export const workerMetrics: readonly MetricName[] = [
  'celery_task_total',
  'celery_task_duration_seconds',
  'celery_workers_active',
  'celery_queue_length',
];
