import type { DashboardSpec, PanelSpec } from './dashboard-spec';
import { rotationSuccess } from './rotation-success';

const windows = ['5m', '30m', '1h', '6h', '3d'];

/** What is bad, in each window of the burn rates; NaN, where nobody asked for anything, is shown as none. */
function burn(title: string, slo: string, budget: number): PanelSpec {
  const queries = windows.map((window) => [
    `over ${window}`,
    `slo:${slo}_bad:ratio${window} >= 0 or on () vector(0)`,
  ]);
  return {
    title,
    kind: 'lines',
    unit: 'percentunit',
    redFrom: budget,
    description: `The budget is ${budget * 100} %: 14.4 times it over an hour, or 6 times over six hours, is a page.`,
    queries: Object.fromEntries(queries) as Record<string, string>,
  };
}

/** How much of the budget of the last three days is left: 1 all of it, below 0 overdrawn. */
function left(title: string, slo: string, budget: number): PanelSpec {
  const expr = `1 - (slo:${slo}_bad:ratio3d >= 0 or on () vector(0)) / ${budget}`;
  return { title, kind: 'gauge', unit: 'percentunit', redBelow: 0, range: [-1, 1], queries: { left: expr } };
}

export const objectives: DashboardSpec = {
  uid: 'slo',
  title: 'SLO',
  description: 'The key performance indicators against their targets, and how fast their budgets burn.',
  rows: [
    {
      title: 'Key performance indicators',
      panels: [
        {
          title: 'Application uptime (99.9 %)',
          kind: 'gauge',
          unit: 'percentunit',
          redBelow: 0.995,
          range: [0.99, 1],
          queries: { uptime: 'avg_over_time(slo:gateway_up:max[1d])' },
        },
        {
          title: 'API response time, 95th percentile (200 ms)',
          kind: 'gauge',
          unit: 's',
          redFrom: 0.5,
          range: [0, 1],
          queries: {
            p95: 'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job="api-gateway", endpoint!~"/(health|metrics|livez|readyz)"}[1d]))) >= 0 or on () vector(0)',
          },
        },
        {
          title: 'Backup success rate (100 %)',
          kind: 'gauge',
          unit: 'percentunit',
          redBelow: 0.95,
          range: [0, 1],
          queries: {
            '{{env}}':
              '1 - sum by (env) (increase(db_backup_failed_total[7d])) / sum by (env) (increase(db_backup_total[7d]))',
          },
        },
        {
          title: 'Error rate (0.1 %)',
          kind: 'gauge',
          unit: 'percentunit',
          redFrom: 0.01,
          range: [0, 0.02],
          queries: { errors: 'slo:errors_bad:ratio1h >= 0 or on () vector(0)' },
        },
        {
          title: 'JWT key rotation success (100 %)',
          kind: 'gauge',
          unit: 'percentunit',
          redBelow: 1,
          range: [0, 1],
          queries: {
            '{{env}}': rotationSuccess,
          },
        },
      ],
    },
    {
      title: 'Budgets left, of three days',
      panels: [
        left('Uptime', 'uptime', 0.001),
        left('Errors', 'errors', 0.001),
        left('Latency', 'latency', 0.05),
      ],
    },
    {
      title: 'Burn',
      panels: [
        burn('Time without an answer', 'uptime', 0.001),
        burn('Requests answered with 5xx', 'errors', 0.001),
        burn('Requests above 200 ms', 'latency', 0.05),
        {
          title: 'Requests in the windows',
          kind: 'lines',
          queries: Object.fromEntries(
            windows.map((window) => [`in ${window}`, `slo:requests:increase${window} or on () vector(0)`]),
          ),
        },
      ],
    },
  ],
};
