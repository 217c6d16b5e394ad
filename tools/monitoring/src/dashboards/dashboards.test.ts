import { existsSync, readFileSync, readdirSync } from 'node:fs';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { parse } from 'yaml';
import { unknownMetrics } from '../find-rule-problems';
import { knownMetrics } from '../known-metrics';
import { readRules } from '../read-rules';
import { inRepository } from '../repository';
import { dashboardFiles, dashboardSpecs } from './all-dashboards';
import { buildDashboard } from './build-dashboard';

const files = dashboardFiles();
const known = knownMetrics(readRules().recordings.map(({ record }) => record));
const titlesOf = (uid: string): string[] => {
  const rows = dashboardSpecs.find((spec) => spec.uid === uid)?.rows ?? [];
  return rows.flatMap(({ title, panels }) => [title, ...panels.map((panel) => panel.title)]);
};

it.each(Object.keys(files))('%s is what its source says (else: npm run dashboards)', (path) => {
  expect(existsSync(inRepository(path)) ? readFileSync(inRepository(path), 'utf8') : 'nothing').toBe(
    files[path],
  );
});

it('no other file lies beside them', () => {
  const names = readdirSync(inRepository('deploy/grafana/dashboards')).map(
    (name) => `deploy/grafana/dashboards/${name}`,
  );
  expect(names.sort()).toEqual(Object.keys(files).sort());
});

it.each([
  [
    'system-overview',
    [
      'Application uptime and response times',
      'Database connection pool status',
      'Celery queue lengths and worker status',
      'Error rate trends',
    ],
  ],
  [
    'backup-operations',
    [
      'Backup success rate over time',
      'Backup duration',
      'Backup size',
      'Failed backup alerts',
      'Storage utilization',
    ],
  ],
  [
    'security',
    [
      'Authentication success/failure rates',
      'JWT key rotation status',
      'Audit event frequency',
      'Suspicious activity patterns',
    ],
  ],
  [
    'jwt-key-rotation',
    [
      'Rotation Activity',
      'Retirement Activity',
      'Error Rate',
      'Current Key Status',
      'Active key age',
      'Next rotation time',
    ],
  ],
])('%s has everything that was asked of it', (uid, titles) => {
  expect(titlesOf(uid)).toEqual(expect.arrayContaining(titles));
});

describe.each(dashboardSpecs)('$title', ({ rows }) => {
  const panels = rows.flatMap((row) => row.panels);

  it('reads what is exported', () => {
    const queries = panels
      .filter(({ kind }) => kind !== 'logs')
      .flatMap((panel) => Object.values(panel.queries));
    expect(queries.flatMap((query) => unknownMetrics(query, known))).toEqual([]);
  });

  it('selects logs by the labels that are labels in Loki', () => {
    const selectors = panels
      .filter(({ kind }) => kind === 'logs')
      .flatMap((panel) => Object.values(panel.queries));
    for (const query of selectors) {
      const labels = [...(/^\{([^}]*)\}/.exec(query)?.[1] ?? '').matchAll(/(\w+)=/g)].map(
        ([, label]) => label,
      );
      expect(['env', 'service', 'logger', 'level']).toEqual(expect.arrayContaining(labels));
    }
  });
});

it('panels name their lines, show the value of now, and judge by nothing that Grafana made up', () => {
  const panels = dashboardSpecs.flatMap((spec) => (buildDashboard(spec).panels ?? []) as Panel[]);
  const shown = panels.filter(({ type }) => ['timeseries', 'stat', 'gauge'].includes(type));
  expect(shown.length).toBeGreaterThan(100);
  for (const { type, options, fieldConfig } of shown) {
    expect(fieldConfig?.defaults.thresholds?.steps.length).toBeGreaterThan(0);
    expect(options).toMatchObject(
      type === 'timeseries'
        ? { legend: { showLegend: true } }
        : { reduceOptions: { calcs: ['lastNotNull'] } },
    );
  }
});

it('the data sources that panels name are provisioned', () => {
  const path = 'deploy/grafana/provisioning/datasources/datasources.yml';
  const { datasources } = parse(readFileSync(inRepository(path), 'utf8')) as {
    datasources: { uid: string }[];
  };
  const named = new Set(
    Object.values(files).flatMap((text) =>
      [...text.matchAll(/"uid": "(prometheus|loki)"/g)].map(([, uid]) => uid),
    ),
  );
  expect(datasources.map(({ uid }) => uid)).toEqual(expect.arrayContaining([...named]));
});
