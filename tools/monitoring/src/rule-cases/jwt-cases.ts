import type { AlertCase } from '../alert-case';

const twin = 'JWTMetricsAbsent';
const env = { env: 'production' };
const rotation = (operation: string) => `jwt_key_rotation_total{env="production",operation="${operation}"}`;

export const jwtCases: AlertCase[] = [
  {
    alert: 'JWTRotationFailure',
    series: { [rotation('failed')]: '0x30 1x150' },
    quiet: '30m',
    fires: '40m',
    resolves: '2h',
    labels: { ...env, operation: 'failed' },
    description: 'JWT key rotation has failed 1 times in the last hour',
    twin,
  },
  {
    alert: 'JWTNoRotation',
    series: {
      jwt_key_rotations_total: '0x4 1x4 2x4 3x30 4x30',
      jwt_rotation_interval_seconds: '300x80',
    },
    quiet: '20m',
    fires: '35m',
    resolves: '50m',
    description: 'No signing key was promoted in the last 15 minutes, three intervals of the schedule',
    twin,
    alsoQuiet: [
      {
        name: 'the first start was ten minutes ago',
        series: { jwt_key_rotations_total: '0x10', jwt_rotation_interval_seconds: '300x10' },
        at: '10m',
      },
      {
        name: 'one replica promotes, the other finds nothing to do',
        series: {
          'jwt_key_rotations_total{instance="a"}': '0+1x60',
          'jwt_key_rotations_total{instance="b"}': '0x60',
          jwt_rotation_interval_seconds: '300x60',
        },
        at: '40m',
      },
      {
        name: 'the schedule is hourly',
        series: { jwt_key_rotations_total: '1x60', jwt_rotation_interval_seconds: '3600x60' },
        at: '40m',
      },
    ],
  },
  {
    alert: 'JWTRotationOverdue',
    series: {
      jwt_next_rotation_timestamp_seconds: '600x60 9000x20',
      jwt_rotation_interval_seconds: '300x80',
    },
    quiet: '15m',
    fires: '30m',
    resolves: '65m',
    description: 'A rotation was due 20m 0s ago, more than two intervals',
    twin,
  },
  {
    alert: 'JWTRotationErrorsHigh',
    series: { jwt_key_rotation_errors_total: '0x10 6x100' },
    quiet: '10m',
    fires: '20m',
    resolves: '90m',
    description: '6 errors during key rotation in the last hour',
    twin,
    alsoQuiet: [
      { name: 'five errors', series: { jwt_key_rotation_errors_total: '0x100 5x100' }, at: '120m' },
    ],
  },
  {
    alert: 'JWTRotationLockContention',
    series: { [rotation('lock_contended')]: '0x20 4x60' },
    quiet: '20m',
    fires: '25m',
    resolves: '45m',
    labels: env,
    description: '4 rotation attempts in 15 minutes found the Redis lock taken',
    twin,
    alsoQuiet: [
      { name: 'three contended attempts', series: { [rotation('lock_contended')]: '0x20 3x60' }, at: '30m' },
    ],
  },
  {
    alert: 'JWTRotationSuccessBelowTarget',
    interval: '1h',
    series: { [rotation('succeeded')]: '0+12x300', [rotation('failed')]: '0x24 1x276' },
    quiet: '20h',
    fires: '30h',
    resolves: '200h',
    labels: env,
    description: '99.72% of the rotations of the last 7 days succeeded; the target is 100 %',
    twin,
  },
  {
    alert: 'JWTRotationSuccessCritical',
    series: { [rotation('succeeded')]: '0+1x300', [rotation('failed')]: '0x60 1x240' },
    quiet: '60m',
    fires: '70m',
    resolves: '130m',
    labels: env,
    description: '98.36% of the rotations of the last hour succeeded; below 100 % is critical',
    twin,
    alsoQuiet: [
      {
        name: 'no attempts, and the ratio is NaN',
        series: { [rotation('succeeded')]: '7x100', [rotation('failed')]: '1x100' },
        at: '90m',
      },
    ],
  },
  {
    alert: 'JWTKeySetStale',
    series: { 'jwt_key_set_age_seconds{instance="gateway:9101"}': '5x10 130x10 5x20' },
    quiet: '10m',
    fires: '15m',
    resolves: '25m',
    labels: { instance: 'gateway:9101' },
    description: 'gateway:9101 has not read the key set for 2m 10s',
    twin,
  },
  {
    alert: 'JWTKeySetRefused',
    series: { 'jwt_key_sets_refused_total{reason="bad_signature"}': '0x10 1+12x10 121x20' },
    quiet: '10m',
    fires: '15m',
    resolves: '30m',
    labels: { reason: 'bad_signature' },
    description: 'The key set in the ops database is not believed: bad_signature',
    twin,
  },
  {
    alert: 'JWTRotationWaits',
    series: { jwt_rotation_awaited_verifiers: '0x10 2x10 0x10' },
    quiet: '10m',
    fires: '18m',
    resolves: '25m',
    description: '2 gateways have not acknowledged the next key, and the rotation waits for them',
    twin,
    alsoQuiet: [
      {
        name: 'a gateway that acknowledges a little later',
        series: { jwt_rotation_awaited_verifiers: '0x10 1x2 0x10' },
        at: '13m',
      },
    ],
  },
];
