/**
 * What makes a panel mislead whoever looks at it, though its query is right: a unit that is not its metric's, a legend
 * that names a label which the query has summed away, a gauge without ends.
 */
import { metricCatalogue, type MetricDefinition, type MetricName } from '@swfx/metrics';
import { metricNames } from '../metric-names';
import type { PanelSpec, Unit } from './dashboard-spec';

/** Every problem of a panel, each a sentence. Pure. */
export function findPanelProblems(panel: PanelSpec): string[] {
  if (panel.kind === 'logs') return [];
  const { title, queries } = panel;
  const problems = Object.entries(queries).flatMap(([legend, expr]) => [
    ...unitProblems(panel.unit, expr),
    ...legendProblems(legend, expr),
  ]);
  if (panel.kind === 'gauge' && !isWithinRange(panel))
    problems.push('has a threshold that its range does not hold');
  return [...new Set(problems)].map((problem) => `${title} ${problem}.`);
}

function unitProblems(unit: Unit | undefined, expr: string): string[] {
  const expected = new Set(metricNames(expr).map(unitOf));
  expected.delete(undefined);
  const isRight = expected.size === 0 || (unit !== undefined && expected.has(unit));
  return isRight ? [] : [`shows ${[...expected].join()} as ${unit ?? 'a plain number'}`];
}

/** The unit that a metric's name tells of a value that is read of it; none of a count. */
function unitOf(metric: string): Unit | undefined {
  if (/:ratio|_ratio$|_cpu_seconds_total$|:gateway_up:/.test(metric)) return 'percentunit';
  if (/_seconds(_bucket|_sum)?$/.test(metric)) return 's';
  return /_bytes(_bucket|_sum)?$/.test(metric) ? 'bytes' : undefined;
}

/** Of a label that is neither kept by the query nor of the metric, Grafana shows nothing. */
function legendProblems(legend: string, expr: string): string[] {
  const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? '');
  const kept = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => (labels ?? '').split(/, */));
  const isSummed = /\b(sum|max|min|avg|count)\b/.test(expr);
  const there = isSummed ? kept : [...kept, 'job', 'instance', ...metricNames(expr).flatMap(labelsOf)];
  return named.filter((label) => !there.includes(label)).map((label) => `has no ${label} for its legend`);
}

function labelsOf(metric: string): string[] {
  const definition: MetricDefinition | undefined = metricCatalogue[metric as MetricName];
  return Object.keys(definition?.labels ?? {});
}

function isWithinRange({ range, redFrom, redBelow }: PanelSpec): boolean {
  const threshold = redFrom ?? redBelow;
  return range !== undefined && (threshold === undefined || (range[0] <= threshold && threshold <= range[1]));
}
