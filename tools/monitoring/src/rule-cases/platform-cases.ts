import type { AlertCase } from '../alert-case';

const down = '1x10 0x10 1x20';
const engines = 'EngineMetricsAbsent';
const workers = 'WorkerMetricsAbsent';

export const platformCases: AlertCase[] = [
  {
    alert: 'TargetDown',
    series: { 'up{job="redis",instance="redis:9121"}': down },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { job: 'redis', instance: 'redis:9121' },
    description: 'redis:9121 of redis does not answer Prometheus',
    twin: 'TargetMissing',
  },
  {
    alert: 'ServiceDown',
    series: {
      'up{job="backup-service",instance="a"}': down,
      'up{job="backup-service",instance="b"}': down,
      'up{job="api-gateway",instance="a"}': down,
      'up{job="api-gateway",instance="b"}': '1x60',
    },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { job: 'backup-service' },
    description: 'No instance of backup-service answers Prometheus',
    twin: 'TargetMissing',
  },
  {
    alert: 'PostgresDown',
    series: {
      'pg_up{job="postgres",instance="postgres:9187"}': down,
      'up{job="postgres",instance="postgres:9187"}': '1x60',
    },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { job: 'postgres', instance: 'postgres:9187' },
    description: 'Postgres behind postgres:9187 does not answer, or its exporter does not',
    twin: engines,
  },
  {
    alert: 'RedisDown',
    series: {
      'redis_up{job="redis",instance="redis:9121"}': down,
      'up{job="redis",instance="redis:9121"}': '1x60',
    },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { job: 'redis', instance: 'redis:9121' },
    description: 'Redis behind redis:9121 does not answer, or its exporter does not',
    twin: engines,
  },
  {
    alert: 'NoWorkers',
    series: { 'celery_workers_active{job="backup-service",instance="a"}': '2x10 0x10 2x20' },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { job: 'backup-service' },
    description: 'No worker of backup-service takes tasks',
    twin: workers,
    alsoQuiet: [
      {
        name: 'another replica works',
        series: {
          'celery_workers_active{job="backup-service",instance="a"}': '0x60',
          'celery_workers_active{job="backup-service",instance="b"}': '1x60',
        },
        at: '30m',
      },
    ],
  },
  {
    alert: 'QueueBacklog',
    series: { 'celery_queue_length{queue="db_backup"}': '0x10 60x30 0x20' },
    quiet: '10m',
    fires: '30m',
    resolves: '45m',
    labels: { queue: 'db_backup' },
    description: '60 tasks have been waiting in db_backup',
    twin: workers,
  },
  {
    alert: 'TasksFailing',
    series: { 'celery_task_total{task_name="db_backup",status="failure"}': '0x10 4x100' },
    quiet: '10m',
    fires: '20m',
    resolves: '90m',
    labels: { task_name: 'db_backup' },
    description: '4 runs of db_backup failed in the last hour',
    twin: workers,
    alsoQuiet: [
      {
        name: 'retries are part of the plan',
        series: { 'celery_task_total{task_name="db_backup",status="retry"}': '0+9x60' },
        at: '40m',
      },
    ],
  },
  {
    alert: 'DatabasePoolExhausted',
    series: {
      'db_pool_connections{job="api-gateway",instance="gateway:9101",state="waiting"}': '0x10 3x20 0x20',
    },
    quiet: '10m',
    fires: '20m',
    resolves: '40m',
    labels: { job: 'api-gateway', instance: 'gateway:9101' },
    description: '3 callers of gateway:9101 wait for a connection to the ops database',
    twin: workers,
  },
];
