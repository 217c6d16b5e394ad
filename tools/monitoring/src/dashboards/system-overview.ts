import type { DashboardSpec } from './dashboard-spec';

const api = 'job="api-gateway", endpoint!~"/(health|metrics|livez|readyz)"';

export const systemOverview: DashboardSpec = {
  uid: 'system-overview',
  title: 'System Overview',
  description: 'Whether the platform is up, how fast it answers, and what it stands on.',
  rows: [
    {
      title: 'Application uptime and response times',
      panels: [
        {
          title: 'Uptime, last day',
          kind: 'gauge',
          unit: 'percentunit',
          redBelow: 0.995,
          range: [0.99, 1],
          queries: { uptime: 'avg_over_time(slo:gateway_up:max[1d])' },
        },
        {
          title: 'Targets down',
          kind: 'figure',
          redFrom: 1,
          queries: { down: 'count(up == 0) or on () vector(0)' },
        },
        {
          title: 'Alerts firing',
          kind: 'figure',
          redFrom: 1,
          queries: {
            '{{severity}}':
              'count by (severity) (ALERTS{alertstate="firing", alertname!="Watchdog"}) or on () vector(0)',
          },
        },
        {
          title: 'Requests a second',
          kind: 'figure',
          unit: 'reqps',
          queries: {
            requests: `sum(rate(http_requests_total{${api}}[$__rate_interval])) or on () vector(0)`,
          },
        },
        {
          title: 'Response time',
          kind: 'lines',
          unit: 's',
          description: 'The target of the 95th percentile is 200 ms, 500 ms is critical.',
          redFrom: 0.5,
          queries: {
            '95th percentile': `histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{${api}}[$__rate_interval]))) >= 0 or on () vector(0)`,
            median: `histogram_quantile(0.5, sum by (le) (rate(http_request_duration_seconds_bucket{${api}}[$__rate_interval]))) >= 0 or on () vector(0)`,
          },
        },
        { title: 'Services up', kind: 'lines', queries: { '{{job}}': 'sum by (job) (up)' } },
      ],
    },
    {
      title: 'Error rate trends',
      panels: [
        {
          title: 'Error rate',
          kind: 'lines',
          unit: 'percentunit',
          redFrom: 0.01,
          description: 'The target is 0.1 %, 1 % is critical.',
          queries: {
            'answered with 5xx': `((sum(rate(http_requests_total{${api}, status=~"5.."}[$__rate_interval])) or on () vector(0)) / sum(rate(http_requests_total{${api}}[$__rate_interval]))) >= 0 or on () vector(0)`,
          },
        },
        {
          title: 'Answers by status',
          kind: 'lines',
          unit: 'reqps',
          queries: {
            '{{status}}': `sum by (status) (rate(http_requests_total{${api}}[$__rate_interval])) or on () vector(0)`,
          },
        },
      ],
    },
    {
      title: 'Database connection pool status',
      panels: [
        {
          title: 'Connections of the pools',
          kind: 'lines',
          queries: { '{{job}} {{state}}': 'sum by (job, state) (db_pool_connections)' },
        },
        {
          title: 'Connections of Postgres',
          kind: 'lines',
          queries: { used: 'sum(pg_stat_activity_count)', 'at most': 'max(pg_settings_max_connections)' },
        },
      ],
    },
    {
      title: 'Celery queue lengths and worker status',
      panels: [
        {
          title: 'Queue lengths',
          kind: 'lines',
          queries: { '{{queue}}': 'max by (queue) (celery_queue_length)' },
        },
        {
          title: 'Active workers',
          kind: 'lines',
          queries: { '{{job}}': 'sum by (job) (celery_workers_active)' },
        },
        {
          title: 'Tasks by outcome',
          kind: 'lines',
          unit: 'ops',
          queries: {
            '{{task_name}} {{status}}':
              'sum by (task_name, status) (rate(celery_task_total[$__rate_interval]))',
          },
        },
        { title: 'Redis', kind: 'lines', unit: 'bytes', queries: { memory: 'redis_memory_used_bytes' } },
      ],
    },
    {
      title: 'Logs',
      panels: [
        { title: 'Errors', kind: 'logs', queries: { errors: '{env=~".+", logger="app", level="error"}' } },
      ],
    },
  ],
};
