import type { PanelSpec } from './dashboard-spec';
import { serviceDashboard } from './service-dashboard';

const tasks = (names: string): PanelSpec[] => [
  {
    title: 'Runs of its tasks',
    kind: 'lines',
    queries: {
      '{{task_name}} {{status}}': `sum by (task_name, status) (increase(celery_task_total{task_name=~"${names}"}[1h]))`,
    },
  },
  {
    title: 'Duration of its tasks, 95th percentile',
    kind: 'lines',
    unit: 's',
    description: 'Over a day; 0 when none has run.',
    queries: {
      '{{task_name}}': `histogram_quantile(0.95, sum by (task_name, le) (increase(celery_task_duration_seconds_bucket{task_name=~"${names}"}[1d]))) >= 0 or on () vector(0)`,
    },
  },
  {
    title: 'Waiting tasks',
    kind: 'lines',
    queries: { '{{queue}}': `max by (queue) (celery_queue_length{queue=~"${names}"})` },
  },
];

export const serviceDashboards = [
  serviceDashboard('api-gateway', [
    {
      title: 'Tokens by outcome',
      kind: 'lines',
      unit: 'ops',
      queries: { '{{outcome}}': 'sum by (outcome) (rate(token_verifications_total[$__rate_interval]))' },
    },
    {
      title: 'Age of the key set',
      kind: 'lines',
      unit: 's',
      redFrom: 120,
      queries: { '{{instance}}': 'jwt_key_set_age_seconds' },
    },
    {
      title: 'Signatures known from before',
      kind: 'lines',
      unit: 'ops',
      description: 'A miss is a signature that had to be computed.',
      queries: { '{{result}}': 'sum by (result) (rate(token_verification_cache_total[$__rate_interval]))' },
    },
  ]),
  serviceDashboard('key-rotation-service', [
    ...tasks('jwt_key_rotation'),
    {
      title: 'Age of the signing key',
      kind: 'lines',
      unit: 's',
      redFrom: 900,
      queries: { age: 'max(jwt_active_key_age_seconds)' },
    },
    { title: 'Keys by state', kind: 'lines', queries: { '{{state}}': 'max by (state) (jwt_keys)' } },
  ]),
  serviceDashboard('backup-service', [
    ...tasks('db_backup.*|db_restore|backup_retention'),
    {
      title: 'Age of the newest good backup',
      kind: 'lines',
      unit: 's',
      redFrom: 93_600,
      queries: { '{{database}}': 'time() - max by (database) (db_backup_last_success_timestamp_seconds)' },
    },
    {
      title: 'Storage',
      kind: 'lines',
      unit: 'bytes',
      queries: {
        '{{storage}} used': 'max by (storage) (backup_storage_used_bytes)',
        '{{storage}} free': 'min by (storage) (backup_storage_free_bytes)',
      },
    },
  ]),
  serviceDashboard('alert-dispatcher', [
    {
      title: 'Oldest undelivered alert',
      kind: 'figure',
      unit: 's',
      redFrom: 600,
      queries: { age: 'max(alert_oldest_undelivered_seconds)' },
    },
    {
      title: 'Waiting in spools',
      kind: 'figure',
      redFrom: 1,
      queries: { '{{job}}': 'max by (job) (alert_spool_depth)' },
    },
    {
      title: 'Age of the oldest in a spool',
      kind: 'figure',
      unit: 's',
      redFrom: 600,
      queries: { '{{job}}': 'max by (job) (alert_spool_age_seconds)' },
    },
    {
      title: 'Refuses everything',
      kind: 'figure',
      redFrom: 1,
      description: '1 while a destination does.',
      queries: { '{{destination}}': 'max by (destination) (alert_destination_breaker_open)' },
    },
    {
      title: 'Lost on their way, last day',
      kind: 'figure',
      redFrom: 1,
      description: 'Alerts that a service numbered, and that never arrived.',
      queries: { alerts: 'max(alerts_missing)' },
    },
    {
      title: 'Since the last heartbeat',
      kind: 'figure',
      unit: 's',
      redFrom: 900,
      description: 'How long ago the address outside took one; 0 where there is no such address.',
      queries: {
        heartbeat:
          '(time() - max(alert_heartbeat_timestamp_seconds)) * on () (max(alert_heartbeat_timestamp_seconds) > bool 0)',
      },
    },
    {
      title: 'Incidents of which somebody is still to be told',
      kind: 'lines',
      queries: { '{{lane}}': 'max by (lane) (alert_queue_depth)' },
    },
    {
      title: 'Sent',
      kind: 'lines',
      queries: {
        '{{destination}} {{severity}}': 'sum by (destination, severity) (increase(alerts_sent_total[1h]))',
      },
    },
    {
      title: 'Held back',
      kind: 'lines',
      queries: { '{{reason}}': 'sum by (reason) (increase(alerts_suppressed_total[1h]))' },
    },
    {
      title: 'Failed attempts',
      kind: 'lines',
      queries: { '{{reason}}': 'sum by (reason) (increase(alerts_failed_total[1h]))' },
    },
    {
      title: 'Perhaps told twice',
      kind: 'lines',
      description: 'Sent again, since it was not known whether they had arrived.',
      queries: { '{{destination}}': 'sum by (destination) (increase(alerts_possible_duplicates_total[1h]))' },
    },
    ...tasks('alert_delivery'),
    {
      title: 'From event to delivery, 95th percentile',
      kind: 'lines',
      unit: 's',
      queries: {
        delivery:
          'histogram_quantile(0.95, sum by (le) (increase(alert_delivery_seconds_bucket[1h]))) >= 0 or on () vector(0)',
      },
    },
  ]),
];
