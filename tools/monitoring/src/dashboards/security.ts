import type { DashboardSpec } from './dashboard-spec';

export const security: DashboardSpec = {
  uid: 'security',
  title: 'Security',
  description: 'Who comes in, who is refused, and whether it is written down.',
  rows: [
    {
      title: 'Authentication success/failure rates',
      panels: [
        {
          title: 'Logins',
          kind: 'lines',
          unit: 'ops',
          queries: {
            succeeded: 'sum(rate(audit_events_total{action="user_login_success"}[$__rate_interval]))',
            failed: 'sum(rate(audit_events_total{action="user_login_failed"}[$__rate_interval]))',
          },
        },
        {
          title: 'Tokens by outcome',
          kind: 'lines',
          unit: 'ops',
          queries: { '{{outcome}}': 'sum by (outcome) (rate(token_verifications_total[$__rate_interval]))' },
        },
        {
          title: 'Refresh tokens by outcome',
          kind: 'lines',
          unit: 'ops',
          queries: { '{{outcome}}': 'sum by (outcome) (rate(token_refresh_total[$__rate_interval]))' },
        },
        {
          title: 'Lock-outs after failed logins',
          kind: 'lines',
          description: 'By what has to wait: one account, or one address.',
          queries: { '{{scope}}': 'sum by (scope) (increase(login_lockouts_total[1h]))' },
        },
        {
          title: 'Logins that one gateway counted alone',
          kind: 'lines',
          redFrom: 1,
          description: 'Because Redis did not answer it.',
          queries: { '{{instance}}': 'sum by (instance) (increase(login_throttle_fallback_total[5m]))' },
        },
        {
          title: 'Age of what is known of disabled users',
          kind: 'lines',
          unit: 's',
          redFrom: 120,
          queries: { '{{instance}}': 'token_cut_off_age_seconds' },
        },
        {
          title: 'Logins that failed, last hour',
          kind: 'figure',
          redFrom: 20,
          queries: { failed: 'sum(increase(audit_events_total{action="user_login_failed"}[1h]))' },
        },
        {
          title: 'Forged tokens, last hour',
          kind: 'figure',
          redFrom: 20,
          queries: {
            '{{outcome}}':
              'sum by (outcome) (increase(token_verifications_total{outcome=~"bad_signature|unknown_kid"}[1h]))',
          },
        },
      ],
    },
    {
      title: 'JWT key rotation status',
      panels: [
        {
          title: 'Age of the signing key',
          kind: 'figure',
          unit: 's',
          queries: { age: 'max(jwt_active_key_age_seconds)' },
        },
        { title: 'Keys by state', kind: 'figure', queries: { '{{state}}': 'max by (state) (jwt_keys)' } },
        {
          title: 'Rotations, last hour',
          kind: 'lines',
          queries: { '{{operation}}': 'sum by (operation) (increase(jwt_key_rotation_total[1h]))' },
        },
      ],
    },
    {
      title: 'Audit event frequency',
      panels: [
        {
          title: 'Audit events',
          kind: 'lines',
          queries: {
            '{{action}} {{outcome}}':
              'sum by (action, outcome) (increase(audit_events_total[5m])) > 0 or on () vector(0)',
          },
        },
        {
          title: 'Waiting for Postgres',
          kind: 'lines',
          redFrom: 1,
          queries: { '{{job}}': 'max by (job) (audit_spool_depth)' },
        },
        {
          title: 'Failed writes to the audit file',
          kind: 'lines',
          redFrom: 1,
          description: 'The records are in Postgres and follow.',
          queries: { '{{job}}': 'sum by (job) (increase(audit_file_errors_total[15m]))' },
        },
      ],
    },
    {
      title: 'Suspicious activity patterns',
      panels: [
        {
          title: 'Suspicious patterns',
          kind: 'lines',
          redFrom: 1,
          queries: {
            '{{pattern}}': 'sum by (pattern) (increase(suspicious_activity_total[1h]))',
          },
        },
        {
          title: 'Refused requests',
          kind: 'lines',
          unit: 'ops',
          queries: {
            '{{status}}':
              'sum by (status) (rate(http_requests_total{job="api-gateway", status=~"401|403|429"}[$__rate_interval])) or on () vector(0)',
          },
        },
      ],
    },
    {
      title: 'Logs',
      panels: [
        {
          title: 'Denied and failed',
          kind: 'logs',
          queries: { events: '{env=~".+", logger="audit"} | json | outcome=~"denied|failure"' },
        },
      ],
    },
  ],
};
