import { dashboardSpecs } from './dashboards/all-dashboards';
import { findLabelProblems } from './find-label-problems';
import { queriesOf, runbookBlocks } from './read-runbooks';
import { readRules } from './read-rules';
import { allCases } from './rule-cases/all-cases';

const { alerts, recordings } = readRules();

it.each([
  ['rules', [...alerts, ...recordings].map(({ expr }) => expr)],
  ['tests of rules', allCases.flatMap(({ series }) => Object.keys(series))],
  [
    'panels',
    dashboardSpecs
      .flatMap(({ rows }) => rows.flatMap(({ panels }) => panels))
      .filter(({ kind }) => kind !== 'logs')
      .flatMap(({ queries }) => Object.values(queries)),
  ],
  [
    'runbooks',
    runbookBlocks()
      .filter(({ language }) => language === 'promql')
      .flatMap(queriesOf),
  ],
])('the %s select labels and values that there are', (_, expressions) => {
  expect(expressions.length).toBeGreaterThan(0);
  expect(expressions.flatMap(findLabelProblems)).toEqual([]);
});

it.each([
  [
    'increase(jwt_key_rotation_total{operation="failure"}[1h]) > 0',
    'operation of jwt_key_rotation_total is never failure.',
  ],
  [
    'celery_task_total{task_name=~"db_backup.*|db_backups"}',
    'task_name of celery_task_total is never db_backups.',
  ],
  ['db_backup_total{database="platform"}', 'db_backup_total has no label database.'],
  ['audit_events_total{action="user_logged_in"}', 'action of audit_events_total is never user_logged_in.'],
])('tells what is wrong with %s', (expression, problem) => {
  expect(findLabelProblems(expression)).toEqual([problem]);
});

it('lets pass what Prometheus adds, the edges of buckets, and metrics that are not ours', () => {
  const expression =
    'db_backup_duration_seconds_bucket{job="backup-service", le="300"} or up{job="postgres"} or pg_up{server="a"}';
  expect(findLabelProblems(expression)).toEqual([]);
});
