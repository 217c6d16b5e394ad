import type { AlertCase } from '../alert-case';

const twin = 'BackupMetricsAbsent';
const env = { env: 'production' };
const total = 'db_backup_total{env="production"}';
const failed = 'db_backup_failed_total{env="production"}';
const retention = (status: string, more = '') =>
  `celery_task_total{task_name="backup_retention",status="${status}"${more && `,${more}`}}`;
const bucket = (le: string) => `db_backup_duration_seconds_bucket{env="production",le="${le}"}`;

export const backupCases: AlertCase[] = [
  {
    alert: 'BackupFailure',
    series: { [failed]: '0x30 1x150' },
    quiet: '30m',
    fires: '40m',
    resolves: '2h',
    labels: env,
    description: '1 backup failures in the last hour',
    twin,
  },
  {
    alert: 'BackupDurationHigh',
    series: { [bucket('300')]: '0x200', [bucket('600')]: '0x10 5x190', [bucket('+Inf')]: '0x10 5x190' },
    quiet: '10m',
    fires: '20m',
    resolves: '90m',
    labels: env,
    description: '95th percentile backup duration is 585s',
    twin,
    alsoQuiet: [
      {
        name: 'no backup ended in the hour, and the quantile is NaN',
        series: { [bucket('300')]: '3x200', [bucket('600')]: '5x200', [bucket('+Inf')]: '5x200' },
        at: '90m',
      },
    ],
  },
  {
    alert: 'BackupSuccessBelowTarget',
    interval: '1h',
    series: { [total]: '0+1x300', [failed]: '0x24 1x276' },
    quiet: '20h',
    fires: '30h',
    resolves: '200h',
    labels: env,
    description: '96.67% of the backups of the last 7 days succeeded; the target is 100 %',
    twin,
    alsoQuiet: [{ name: 'no attempts', series: { [total]: '3x300', [failed]: '3x300' }, at: '200h' }],
  },
  {
    alert: 'BackupSuccessCritical',
    interval: '1h',
    series: { [total]: '0+1x300', [failed]: '0x24 4x276' },
    quiet: '20h',
    fires: '30h',
    resolves: '200h',
    labels: env,
    description: '86.67% of the backups of the last 7 days succeeded; below 95 % is critical',
    twin,
    alsoQuiet: [
      { name: 'one of thirty failed', series: { [total]: '0+1x300', [failed]: '0x24 1x276' }, at: '30h' },
    ],
  },
  {
    alert: 'BackupTooOld',
    interval: '30m',
    series: { 'db_backup_last_success_timestamp_seconds{database="platform"}': '0x54 97200x20' },
    quiet: '25h',
    fires: '27h',
    resolves: '28h',
    labels: { database: 'platform' },
    description: 'The newest good backup of platform is older than 26 hours, or there was never one',
    twin,
  },
  {
    alert: 'BackupNotProven',
    interval: '30m',
    series: { 'db_backup_last_proven_timestamp_seconds{database="platform"}': '0x103 187200x20' },
    quiet: '49h',
    fires: '51h',
    resolves: '53h',
    labels: { database: 'platform' },
    description: 'The newest backup of platform that was restored and compared is older than 50 hours',
    twin,
  },
  {
    alert: 'BackupOverdue',
    series: { 'db_backup_next_run_timestamp_seconds{database="platform"}': '600x40 6000x40' },
    quiet: '20m',
    fires: '35m',
    resolves: '50m',
    labels: { database: 'platform' },
    description: 'A backup of platform was due more than 15 minutes ago',
    twin,
    alsoQuiet: [
      {
        name: 'no run is planned',
        series: { 'db_backup_next_run_timestamp_seconds{database="platform"}': '0x60' },
        at: '50m',
      },
    ],
  },
  {
    alert: 'BackupStorageFillingUp',
    series: {
      'backup_storage_free_bytes{storage="local"}': '50x10 5x40 50x60',
      'backup_storage_used_bytes{storage="local"}': '50x10 95x40 50x60',
    },
    quiet: '10m',
    fires: '40m',
    resolves: '60m',
    labels: { storage: 'local' },
    description: '5% of the storage local is left for backups',
    twin,
    mayLack: ['backup_storage_free_bytes'],
  },
  {
    alert: 'BackupCopyBehind',
    series: { 'db_backup_copy_lag_seconds{database="platform"}': '0x10 12000+60x60 0x30' },
    quiet: '40m',
    fires: '70m',
    resolves: '90m',
    labels: { database: 'platform' },
    description: 'A backup of platform has been without its second copy for 4h 19m 0s',
    twin,
    alsoQuiet: [
      {
        name: 'no second copy is configured',
        series: { 'db_backup_copy_lag_seconds{database="platform"}': '0x100' },
        at: '90m',
      },
    ],
  },
  {
    alert: 'BackupStorageDown',
    series: { 'backup_storage_up{storage="copy"}': '1x10 0x40 1x30' },
    quiet: '20m',
    fires: '40m',
    resolves: '60m',
    labels: { storage: 'copy' },
    description: 'The storage copy has not answered for 15 minutes',
    twin,
  },
  {
    alert: 'BackupRetentionStopped',
    interval: '30m',
    series: { [retention('success')]: '0+1x20 20x20 21+1x20', [retention('retry')]: '0x20 0+6x40' },
    quiet: '9h',
    fires: '18h',
    resolves: '22h',
    description: 'Retention has not ended well for 6 hours; old backups stay, and the storage fills',
    twin,
    alsoQuiet: [
      { name: 'the first start was two hours ago', series: { [retention('success')]: '0x4' }, at: '2h' },
      {
        name: 'another replica looks through the databases',
        series: {
          [retention('success', 'instance="a"')]: '0+1x40',
          [retention('success', 'instance="b"')]: '0x40',
        },
        at: '18h',
      },
    ],
  },
  {
    alert: 'BackupOrphansRemain',
    interval: '30m',
    series: { 'backup_orphan_objects{storage="local"}': '0x10 2x20 0x10' },
    quiet: '8h',
    fires: '14h',
    resolves: '18h',
    labels: { storage: 'local' },
    description: '2 folders of the storage local belong to no backup and have not been removed for 6 hours',
    twin,
  },
  {
    alert: 'RestoreFailure',
    series: { 'db_restore_total{outcome="failed"}': '0x30 1x150' },
    quiet: '30m',
    fires: '40m',
    resolves: '2h',
    description: '1 restores, or their undoing, failed in the last hour',
    twin,
    alsoQuiet: [
      {
        name: 'restores that succeed, and one that is undone',
        series: {
          'db_restore_total{outcome="succeeded"}': '0+1x60',
          'db_restore_total{outcome="undone"}': '0x30 1x30',
        },
        at: '50m',
      },
    ],
  },
];
