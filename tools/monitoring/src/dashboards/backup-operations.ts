import type { DashboardSpec } from './dashboard-spec';

export const backupOperations: DashboardSpec = {
  uid: 'backup-operations',
  title: 'Backup Operations',
  description: 'Whether there is a good backup, whether it restores, and what it takes.',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Age of the newest good backup',
          kind: 'figure',
          unit: 's',
          redFrom: 93_600,
          queries: {
            '{{database}}': 'time() - max by (database) (db_backup_last_success_timestamp_seconds)',
          },
        },
        {
          title: 'Age of the newest proven backup',
          kind: 'figure',
          unit: 's',
          redFrom: 180_000,
          queries: { '{{database}}': 'time() - max by (database) (db_backup_last_proven_timestamp_seconds)' },
        },
        {
          title: 'Next backup in',
          kind: 'figure',
          unit: 's',
          queries: { '{{database}}': 'max by (database) (db_backup_next_run_timestamp_seconds) - time()' },
        },
        {
          title: 'Verdict on the newest backup',
          kind: 'figure',
          names: true,
          description: 'PROVEN: it was restored, and everything in it compared with what was captured.',
          queries: { '{{database}}: {{verdict}}': 'max by (database, verdict) (db_backup_verdict) == 1' },
        },
        {
          title: 'Progress of the running backup',
          kind: 'gauge',
          unit: 'percentunit',
          range: [0, 1],
          description: 'Measured by the size of the last one; 0 while none runs.',
          queries: { '{{database}}': 'max by (database) (db_backup_progress_ratio)' },
        },
        {
          title: 'Time left of the running backup',
          kind: 'figure',
          unit: 's',
          description: 'Measured by the size of the last one; 0 while none runs.',
          queries: { '{{database}}': 'max by (database) (db_backup_running_remaining_seconds)' },
        },
        {
          title: 'What the running backup has read',
          kind: 'lines',
          unit: 'bytes',
          description: 'Before compression.',
          queries: { '{{database}}': 'max by (database) (db_backup_running_bytes)' },
        },
        {
          title: 'Rate of the running backup',
          kind: 'lines',
          unit: 'Bps',
          description: 'Before compression.',
          queries: { '{{database}}': 'max by (database) (db_backup_running_bytes_per_second)' },
        },
      ],
    },
    {
      title: 'Backup success rate over time',
      panels: [
        {
          title: 'Success rate, 7 days',
          kind: 'lines',
          unit: 'percentunit',
          redBelow: 0.95,
          description: 'The target is 100 %, below 95 % is critical.',
          queries: {
            '{{env}}':
              '1 - sum by (env) (increase(db_backup_failed_total[7d])) / sum by (env) (increase(db_backup_total[7d]))',
          },
        },
        {
          title: 'Attempts and failures',
          kind: 'lines',
          queries: {
            attempts: 'sum(increase(db_backup_total[1h]))',
            failures: 'sum(increase(db_backup_failed_total[1h]))',
          },
        },
      ],
    },
    {
      title: 'Backup duration trends and size growth',
      panels: [
        {
          title: 'Backup duration',
          kind: 'lines',
          unit: 's',
          redFrom: 300,
          queries: {
            '95th percentile':
              'histogram_quantile(0.95, sum by (le) (increase(db_backup_duration_seconds_bucket[7d])))',
            average:
              'sum(increase(db_backup_duration_seconds_sum[7d])) / sum(increase(db_backup_duration_seconds_count[7d]))',
          },
        },
        {
          title: 'Backup size',
          kind: 'lines',
          unit: 'bytes',
          queries: {
            average:
              'sum(increase(db_backup_size_bytes_sum[7d])) / sum(increase(db_backup_size_bytes_count[7d]))',
            '95th percentile':
              'histogram_quantile(0.95, sum by (le) (increase(db_backup_size_bytes_bucket[7d])))',
          },
        },
        {
          title: 'Size of the databases',
          kind: 'lines',
          unit: 'bytes',
          queries: { '{{datname}}': 'max by (datname) (pg_database_size_bytes)' },
        },
        {
          title: 'Duration of proofs',
          kind: 'lines',
          unit: 's',
          queries: {
            '95th percentile':
              'histogram_quantile(0.95, sum by (le) (increase(db_backup_proof_duration_seconds_bucket[7d])))',
          },
        },
      ],
    },
    {
      title: 'Failed backup alerts',
      panels: [
        {
          title: 'Alerts about backups',
          kind: 'lines',
          redFrom: 1,
          queries: {
            firing:
              'count(ALERTS{alertname=~"Backup.+|RestoreFailure", alertstate="firing"}) or on () vector(0)',
            failures: 'sum(increase(db_backup_failed_total[1h]))',
          },
        },
        {
          title: 'Runs of the tasks',
          kind: 'lines',
          queries: {
            '{{task_name}} {{status}}':
              'sum by (task_name, status) (increase(celery_task_total{task_name=~"db_backup.*|db_restore|backup_retention"}[1h]))',
          },
        },
      ],
    },
    {
      title: 'Restores',
      panels: [
        {
          title: 'Restores by outcome',
          kind: 'lines',
          queries: { '{{outcome}}': 'sum by (outcome) (increase(db_restore_total[1h]))' },
        },
        {
          title: 'Progress of the running restore',
          kind: 'gauge',
          unit: 'percentunit',
          range: [0, 1],
          description: 'Of the bytes of its dump; 0 while none runs, or while one is compared.',
          queries: { '{{database}}': 'max by (database) (db_restore_progress_ratio)' },
        },
        {
          title: 'Time left of the running restore',
          kind: 'figure',
          unit: 's',
          description:
            'Until its dump is read; indexes, comparison and statistics follow. 0 while none runs.',
          queries: { '{{database}}': 'max by (database) (db_restore_running_remaining_seconds)' },
        },
        {
          title: 'What the running restore has read',
          kind: 'lines',
          unit: 'bytes',
          description: 'Unpacked.',
          queries: { '{{database}}': 'max by (database) (db_restore_running_bytes)' },
        },
        {
          title: 'Rate of the running restore',
          kind: 'lines',
          unit: 'Bps',
          description: 'Unpacked.',
          queries: { '{{database}}': 'max by (database) (db_restore_running_bytes_per_second)' },
        },
      ],
    },
    {
      title: 'Storage utilization',
      panels: [
        {
          title: 'Used by backups',
          kind: 'lines',
          unit: 'bytes',
          queries: { '{{storage}}': 'max by (storage) (backup_storage_used_bytes)' },
        },
        {
          title: 'Free for backups',
          kind: 'lines',
          unit: 'bytes',
          queries: { '{{storage}}': 'min by (storage) (backup_storage_free_bytes)' },
        },
        {
          title: 'Deleted by retention',
          kind: 'lines',
          queries: { '{{kind}}': 'sum by (kind) (increase(db_backup_deleted_total[1d]))' },
        },
        {
          title: 'Folders that are no backup',
          kind: 'lines',
          description: 'What interrupted backups left; swept an hour after it was found.',
          queries: { '{{storage}}': 'max by (storage) (backup_orphan_objects)' },
        },
        {
          title: 'Storages that answer',
          kind: 'lines',
          description: '1 while a storage answers every replica, else 0.',
          redBelow: 1,
          queries: { '{{storage}}': 'min by (storage) (backup_storage_up)' },
        },
      ],
    },
    {
      title: 'Second copies',
      panels: [
        {
          title: 'Without a second copy for',
          kind: 'lines',
          unit: 's',
          redFrom: 14_400,
          description: '0 also where no second copy is configured.',
          queries: { '{{database}}': 'max by (database) (db_backup_copy_lag_seconds)' },
        },
        {
          title: 'Attempts to copy',
          kind: 'lines',
          queries: { '{{outcome}}': 'sum by (outcome) (increase(db_backup_copies_total[1h]))' },
        },
      ],
    },
    {
      title: 'Logs',
      panels: [
        {
          title: 'Backup events',
          kind: 'logs',
          queries: {
            events: '{env=~".+", logger="audit"} | json operation="operation.action" | operation="db_backup"',
          },
        },
      ],
    },
  ],
};
