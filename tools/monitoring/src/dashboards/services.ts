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
    ...tasks('db_backup.*'),
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
      title: 'From event to delivery, 95th percentile',
      kind: 'lines',
      unit: 's',
      queries: {
        delivery:
          'histogram_quantile(0.95, sum by (le) (increase(alert_delivery_seconds_bucket[1h]))) >= 0 or vector(0)',
      },
    },
  ]),
];
