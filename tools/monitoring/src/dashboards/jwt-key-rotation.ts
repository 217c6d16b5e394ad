import type { DashboardSpec } from './dashboard-spec';
import { rotationSuccess } from './rotation-success';

export const jwtKeyRotation: DashboardSpec = {
  uid: 'jwt-key-rotation',
  title: 'JWT Key Rotation',
  description: 'Promotions, retirements and errors, the key that signs, and who has heard of it.',
  rows: [
    {
      title: 'Activity',
      panels: [
        {
          title: 'Rotation Activity',
          kind: 'lines',
          queries: { jwt_key_rotations_total: 'sum(jwt_key_rotations_total)' },
        },
        {
          title: 'Retirement Activity',
          kind: 'lines',
          queries: { jwt_key_retirements_total: 'sum(jwt_key_retirements_total)' },
        },
        {
          title: 'Error Rate',
          kind: 'lines',
          queries: {
            jwt_key_rotation_errors_total: 'sum(jwt_key_rotation_errors_total)',
            'in an hour': 'sum(increase(jwt_key_rotation_errors_total[1h]))',
          },
        },
        {
          title: 'Attempts by outcome',
          kind: 'lines',
          queries: { '{{operation}}': 'sum by (operation) (increase(jwt_key_rotation_total[1h]))' },
        },
      ],
    },
    {
      title: 'Current Key Status',
      panels: [
        {
          title: 'Active key age',
          kind: 'gauge',
          unit: 's',
          redFrom: 900,
          range: [0, 1200],
          queries: { age: 'max(jwt_active_key_age_seconds)' },
        },
        {
          title: 'Next rotation time',
          kind: 'gauge',
          unit: 's',
          description: 'Until the next rotation; below 0 it is overdue.',
          redBelow: 0,
          range: [-60, 300],
          queries: { in: 'max(jwt_next_rotation_timestamp_seconds) - time()' },
        },
        {
          title: 'Active keys',
          kind: 'figure',
          queries: { '{{env}}': 'max by (env) (jwt_active_keys_total)' },
        },
        { title: 'Keys by state', kind: 'figure', queries: { '{{state}}': 'max by (state) (jwt_keys)' } },
        {
          title: 'Rotation success, 7 days',
          kind: 'gauge',
          unit: 'percentunit',
          redBelow: 1,
          range: [0, 1],
          description: 'succeeded / (succeeded + failed); the target is 100 %.',
          queries: {
            '{{env}}': rotationSuccess,
          },
        },
        {
          title: 'Rotation interval',
          kind: 'figure',
          unit: 's',
          queries: { interval: 'max(jwt_rotation_interval_seconds)' },
        },
      ],
    },
    {
      title: 'How long, and who knows',
      panels: [
        {
          title: 'Duration of rotations',
          kind: 'lines',
          unit: 's',
          queries: {
            '95th percentile':
              'histogram_quantile(0.95, sum by (le) (increase(jwt_key_rotation_duration_seconds_bucket[1h])))',
          },
        },
        { title: 'Epoch of each verifier', kind: 'lines', queries: { '{{instance}}': 'jwt_key_set_epoch' } },
        {
          title: 'Age of the key set of each verifier',
          kind: 'lines',
          unit: 's',
          redFrom: 120,
          queries: { '{{instance}}': 'jwt_key_set_age_seconds' },
        },
        {
          title: 'Verifiers that a rotation waits for',
          kind: 'lines',
          redFrom: 1,
          queries: { verifiers: 'max(jwt_rotation_awaited_verifiers)' },
        },
        {
          title: 'Key sets that were not believed',
          kind: 'lines',
          redFrom: 1,
          queries: { '{{reason}}': 'sum by (reason) (increase(jwt_key_sets_refused_total[5m]))' },
        },
        {
          title: 'From a revocation to its refusal, 99th percentile',
          kind: 'lines',
          unit: 's',
          description: 'Over a day, of every gateway; 0 when nothing was revoked.',
          queries: {
            propagation:
              'histogram_quantile(0.99, sum by (le) (increase(jwt_key_revocation_propagation_seconds_bucket[1d]))) >= 0 or on () vector(0)',
          },
        },
        {
          title: 'Since a key was last used',
          kind: 'lines',
          unit: 's',
          description: 'By published key, of every gateway. A key that nobody has used yet is not shown.',
          queries: {
            '{{kid}}': '(time() - max by (kid) (jwt_key_last_used_timestamp_seconds > 0)) or on () vector(0)',
          },
        },
        {
          title: 'Tokens accepted on an old key set',
          kind: 'lines',
          redFrom: 1,
          description: 'While the set had not been read for three polls.',
          queries: { '{{instance}}': 'sum by (instance) (increase(tokens_accepted_on_stale_set_total[5m]))' },
        },
      ],
    },
    {
      title: 'Logs',
      panels: [
        {
          title: 'Rotation events',
          kind: 'logs',
          queries: {
            events:
              '{env=~".+", logger="audit"} | json operation="operation.action" | operation="jwt_key_rotation"',
          },
        },
      ],
    },
  ],
};
