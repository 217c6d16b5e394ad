import type { DashboardSpec, PanelSpec } from './dashboard-spec';

/** The same questions for each service: what it answers, what it works on, what it uses. Pure. */
export function serviceDashboard(job: string, own: PanelSpec[]): DashboardSpec {
  const of = `job="${job}"`;
  return {
    uid: job,
    title: `Service: ${job}`,
    description: `What ${job} does and uses.`,
    rows: [
      { title: 'Its work', panels: own },
      {
        title: 'Requests',
        panels: [
          {
            title: 'Requests by route',
            kind: 'lines',
            unit: 'reqps',
            queries: {
              '{{endpoint}} {{status}}': `sum by (endpoint, status) (rate(http_requests_total{${of}}[$__rate_interval]))`,
            },
          },
          {
            title: 'Response time, 95th percentile',
            kind: 'lines',
            unit: 's',
            queries: {
              '{{endpoint}}': `histogram_quantile(0.95, sum by (le, endpoint) (rate(http_request_duration_seconds_bucket{${of}}[$__rate_interval]))) >= 0 or on () vector(0)`,
            },
          },
        ],
      },
      {
        title: 'Process',
        panels: [
          { title: 'Instances', kind: 'figure', redBelow: 1, queries: { up: `sum(up{${of}})` } },
          {
            title: 'Version',
            kind: 'figure',
            queries: { '{{version}}': `count by (version) (app_build_info{${of}})` },
          },
          {
            title: 'Running for',
            kind: 'figure',
            unit: 's',
            queries: { '{{instance}}': `time() - process_start_time_seconds{${of}}` },
          },
          { title: 'Open files', kind: 'figure', queries: { '{{instance}}': `process_open_fds{${of}}` } },
          {
            title: 'Processor',
            kind: 'lines',
            unit: 'percentunit',
            queries: { '{{instance}}': `rate(process_cpu_seconds_total{${of}}[$__rate_interval])` },
          },
          {
            title: 'Memory',
            kind: 'lines',
            unit: 'bytes',
            queries: {
              '{{instance}} resident': `process_resident_memory_bytes{${of}}`,
              '{{instance}} heap': `nodejs_heap_size_used_bytes{${of}}`,
            },
          },
          {
            title: 'Lag of the event loop, 99th percentile',
            kind: 'lines',
            unit: 's',
            queries: { '{{instance}}': `nodejs_eventloop_lag_p99_seconds{${of}}` },
          },
          {
            title: 'Connections to the ops database',
            kind: 'lines',
            queries: { '{{state}}': `sum by (state) (db_pool_connections{${of}})` },
          },
          {
            title: 'Hints that were not understood',
            kind: 'lines',
            description: 'Pub/sub messages of a version or a form that this service does not know.',
            queries: { '{{reason}}': `sum by (reason) (increase(facts_ignored_total{${of}}[1h]))` },
          },
        ],
      },
      {
        title: 'Logs',
        panels: [
          { title: 'Log', kind: 'logs', queries: { log: `{env=~".+", service="${job}", logger="app"}` } },
        ],
      },
    ],
  };
}
