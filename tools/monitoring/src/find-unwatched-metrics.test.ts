import { dashboardSpecs } from './dashboards/all-dashboards';
import { findUnwatchedMetrics } from './find-unwatched-metrics';
import { readRules } from './read-rules';

const { alerts, recordings } = readRules();
const panels = dashboardSpecs.flatMap(({ rows }) => rows.flatMap((row) => row.panels));

it('every metric that a service exports is in a rule or on a dashboard', () => {
  const rules = [...alerts, ...recordings].map(({ expr }) => expr);
  const queries = panels
    .filter(({ kind }) => kind !== 'logs')
    .flatMap((panel) => Object.values(panel.queries));
  expect(findUnwatchedMetrics([...rules, ...queries])).toEqual([]);
});

it('takes any series of a histogram for the histogram', () => {
  const unwatched = findUnwatchedMetrics([
    'sum(rate(db_backup_duration_seconds_count[1h]))',
    'db_backup_total',
  ]);
  expect(unwatched).not.toContain('db_backup_duration_seconds');
  expect(unwatched).not.toContain('db_backup_total');
  expect(unwatched).toContain('db_backup_failed_total');
});
