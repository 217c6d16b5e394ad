import { dashboardSpecs } from './all-dashboards';
import type { PanelSpec } from './dashboard-spec';
import { findPanelProblems } from './find-panel-problems';

describe.each(dashboardSpecs)('$title', ({ rows }) => {
  const panels = rows.flatMap((row) => row.panels);

  it('has panels whose units, legends and ends are those of their queries', () => {
    expect(panels.flatMap(findPanelProblems)).toEqual([]);
  });

  it('has no two panels of the same title', () => {
    const titles = panels.map(({ title }) => title);
    expect(titles.filter((title, index) => titles.indexOf(title) < index)).toEqual([]);
  });
});

const panel: PanelSpec = {
  title: 'Age',
  kind: 'gauge',
  unit: 's',
  redFrom: 900,
  range: [0, 1200],
  queries: { age: 'max(jwt_active_key_age_seconds)' },
};

it.each<[string, Partial<PanelSpec>]>([
  ['Age shows s as a plain number.', { unit: undefined }],
  ['Age shows bytes as s.', { queries: { used: 'sum(backup_storage_used_bytes)' } }],
  ['Age has no instance for its legend.', { queries: { '{{instance}}': 'max(jwt_active_key_age_seconds)' } }],
  ['Age has a threshold that its range does not hold.', { range: [0, 600] }],
])('tells: %s', (problem, change) => {
  expect(findPanelProblems(panel)).toEqual([]);
  expect(findPanelProblems({ ...panel, ...change })).toEqual([problem]);
});
