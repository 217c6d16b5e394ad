import { existsSync } from 'node:fs';
import { findRuleProblems } from './find-rule-problems';
import { findTestGaps } from './find-test-gaps';
import { readRules, type AlertRule, type Rules } from './read-rules';
import { inRepository } from './repository';
import { allCases } from './rule-cases/all-cases';

const rules = readRules();
const there = (): boolean => true;

describe('the rules of the product', () => {
  it('read what is exported, can fire, and lead to a runbook', () => {
    expect(findRuleProblems(rules, (path) => existsSync(inRepository(path)))).toEqual([]);
  });

  it('each have a test in which they are quiet, fire, resolve, and lack their series', () => {
    expect(findTestGaps(rules, allCases)).toEqual([]);
  });

  it('hold the published three, word for word', () => {
    expect(rules.alerts.filter(({ alert }) => published.some((one) => one.alert === alert))).toMatchObject(
      published,
    );
  });
});

const published = [
  {
    alert: 'BackupFailure',
    expr: 'increase(db_backup_failed_total[1h]) > 0',
    for: '0m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'Database backup failed',
      description: '{{ $value }} backup failures in the last hour',
    },
  },
  {
    alert: 'BackupDurationHigh',
    expr: 'histogram_quantile(0.95, rate(db_backup_duration_seconds_bucket[1h])) > 300',
    for: '5m',
    labels: { severity: 'warning' },
    annotations: {
      summary: 'Backup duration is high',
      description: '95th percentile backup duration is {{ $value }}s',
    },
  },
  {
    alert: 'JWTRotationFailure',
    expr: 'increase(jwt_key_rotation_total{operation="failed"}[1h]) > 0',
    for: '0m',
    labels: { severity: 'critical' },
    annotations: {
      summary: 'JWT key rotation failed',
      description: 'JWT key rotation has failed {{ $value }} times in the last hour',
    },
  },
];

describe('findRuleProblems', () => {
  const changed = (change: Partial<AlertRule>): Rules => ({
    ...rules,
    alerts: [{ ...(rules.alerts[0] as AlertRule), ...change }],
  });

  it('tells of a metric that nobody exports', () => {
    expect(findRuleProblems(changed({ expr: 'increase(db_backups_failed_total[1h]) > 0' }), there)).toEqual([
      'BackupFailure reads db_backups_failed_total, which nobody exports.',
    ]);
  });

  it.each([
    [400, 'BackupFailure compares db_backup_duration_seconds with 400, which is no edge.'],
    [90000, 'BackupFailure compares db_backup_duration_seconds with 90000, beyond its last bucket.'],
  ])('tells of a threshold of %d seconds', (threshold, problem) => {
    const expr = `histogram_quantile(0.95, rate(db_backup_duration_seconds_bucket[1h])) > ${threshold}`;
    expect(findRuleProblems(changed({ expr }), there)).toEqual([problem]);
  });

  it('tells of a latency that no bucket measures', () => {
    const expr = 'sum(rate(http_request_duration_seconds_bucket{le="0.25"}[5m])) < 1';
    expect(findRuleProblems(changed({ expr }), there)).toHaveLength(1);
  });

  it('tells of an alert without a runbook, a severity, a summary or a description', () => {
    expect(findRuleProblems(changed({}), () => false)).toEqual([
      'BackupFailure has no runbook at docs/runbooks/BackupFailure.md.',
    ]);
    expect(findRuleProblems(changed({ labels: {}, annotations: {} }), there)).toHaveLength(4);
  });
});

describe('findTestGaps', () => {
  it('tells of a metric whose absence nobody is told of', () => {
    const alerts = rules.alerts.map((rule) =>
      rule.alert === 'BackupMetricsAbsent' ? { ...rule, expr: 'absent(db_backup_total)' } : rule,
    );
    const cases = allCases.filter(({ alert }) => alert === 'BackupFailure');
    expect(findTestGaps({ ...rules, alerts }, cases)).toContain(
      'BackupFailure reads db_backup_failed_total, whose absence BackupMetricsAbsent does not tell.',
    );
  });

  it('tells of an alert without a test, and of a test without a part', () => {
    const [first, ...others] = allCases;
    if (!first) throw new Error('there are no cases');
    expect(findTestGaps(rules, others)).toEqual(['BackupFailure has no test.']);
    const cases = [{ ...first, resolves: undefined, twin: 'BackupFailure' }, ...others];
    expect(findTestGaps(rules, cases)).toEqual([
      'BackupFailure never resolves in its test.',
      'BackupFailure names BackupFailure, which tells of no absence.',
    ]);
  });
});
