import type { AlertCase } from '../alert-case';

const twin = 'SecurityMetricsAbsent';

export const securityCases: AlertCase[] = [
  {
    alert: 'LoginFailuresHigh',
    series: { 'audit_events_total{action="user_login_failed",outcome="failure"}': '0x20 30x40' },
    quiet: '20m',
    fires: '23m',
    resolves: '30m',
    description: '30 logins failed in the last 5 minutes',
    twin,
  },
  {
    alert: 'ForgedTokens',
    series: { 'token_verifications_total{outcome="bad_signature"}': '0x20 30x40' },
    quiet: '20m',
    fires: '23m',
    resolves: '30m',
    labels: { outcome: 'bad_signature' },
    description: '30 tokens were refused as bad_signature in the last 5 minutes',
    twin,
    alsoQuiet: [
      {
        name: 'tokens expire',
        series: { 'token_verifications_total{outcome="expired"}': '0+50x40' },
        at: '30m',
      },
    ],
  },
  {
    alert: 'SuspiciousActivity',
    series: { 'suspicious_activity_total{pattern="refresh_token_reuse"}': '0x20 1x60' },
    quiet: '20m',
    fires: '25m',
    resolves: '45m',
    labels: { pattern: 'refresh_token_reuse' },
    description: 'refresh_token_reuse was seen 1 times in the last 15 minutes',
    twin,
  },
  {
    alert: 'AuditSpoolGrowing',
    series: { 'audit_spool_depth{job="api-gateway"}': '0x10 4x20 0x20' },
    quiet: '10m',
    fires: '20m',
    resolves: '35m',
    labels: { job: 'api-gateway' },
    description: '4 audit events of api-gateway wait in its spool',
    twin,
  },
];
