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
    series: { 'suspicious_activity_total{pattern="refresh_reuse"}': '0x20 1x60' },
    quiet: '20m',
    fires: '25m',
    resolves: '45m',
    labels: { pattern: 'refresh_reuse' },
    description: 'refresh_reuse was seen 1 times in the last 15 minutes',
    twin,
  },
  {
    alert: 'BreakGlassUsed',
    series: { 'audit_events_total{action="break_glass_used",outcome="success"}': '0x20 2x100' },
    quiet: '20m',
    fires: '25m',
    resolves: '90m',
    description: 'Gateways met an emergency token 2 times in the last hour',
    twin,
  },
  {
    alert: 'TokenCutOffsStale',
    series: { 'token_cut_off_age_seconds{instance="gateway:9101"}': '5x10 130x10 5x20' },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { instance: 'gateway:9101' },
    description: 'gateway:9101 has not read whose tokens are refused for 2m 10s',
    twin,
  },
  {
    alert: 'LoginThrottleLocal',
    series: { login_throttle_fallback_total: '0x10 0+6x20 120x20' },
    quiet: '10m',
    fires: '20m',
    resolves: '45m',
    description:
      '30 logins of the last 5 minutes were counted by one gateway alone, because Redis did not answer it',
    twin,
    alsoQuiet: [
      {
        name: 'Redis was slow once',
        series: { login_throttle_fallback_total: '0x10 3x30' },
        at: '15m',
      },
    ],
  },
  {
    alert: 'AuditFileFailing',
    series: { 'audit_file_errors_total{job="api-gateway"}': '0x20 4x60' },
    quiet: '20m',
    fires: '25m',
    resolves: '45m',
    labels: { job: 'api-gateway' },
    description: '4 writes of api-gateway to its audit file failed in the last 15 minutes',
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
