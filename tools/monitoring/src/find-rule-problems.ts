/**
 * What promtool does not ask of a rule: that it reads what somebody exports, that its threshold can be reached, and
 * that whoever it wakes finds a page about it. Each problem is a sentence.
 */
import { metricCatalogue, type MetricDefinition, type MetricName } from '@swfx/metrics';
import { knownMetrics } from './known-metrics';
import { metricNames } from './metric-names';
import type { AlertRule, Rules } from './read-rules';

const severities = ['critical', 'warning', 'none'];

/** Every problem of the rules; `isThere` tells whether a path of the repository exists. Pure but for that. */
export function findRuleProblems(rules: Rules, isThere: (path: string) => boolean): string[] {
  const known = knownMetrics(rules.recordings.map(({ record }) => record));
  return [
    ...repeatedNames(rules),
    ...rules.alerts.flatMap((rule) => annotationProblems(rule, isThere)),
    ...[...rules.alerts.map(named), ...rules.recordings.map(recorded)].flatMap(({ name, expr }) => [
      ...unknownMetrics(expr, known).map((metric) => `${name} reads ${metric}, which nobody exports.`),
      ...bucketProblems(name, expr),
    ]),
  ];
}

/** The names in an expression that are not known. Pure. */
export function unknownMetrics(expression: string, known: ReadonlySet<string>): string[] {
  return metricNames(expression).filter((metric) => !known.has(metric));
}

const named = ({ alert, expr }: AlertRule): { name: string; expr: string } => ({ name: alert, expr });
const recorded = ({ record, expr }: Rules['recordings'][number]) => ({ name: record, expr });

function repeatedNames({ alerts, recordings }: Rules): string[] {
  const names = [...alerts.map(({ alert }) => alert), ...recordings.map(({ record }) => record)];
  return names.filter((name, index) => names.indexOf(name) < index).map((name) => `${name} is there twice.`);
}

function annotationProblems(rule: AlertRule, isThere: (path: string) => boolean): string[] {
  const { summary, description, runbook_url: runbook } = rule.annotations;
  const problems: string[] = [];
  if (!severities.includes(rule.labels['severity'] ?? '')) problems.push('has no severity');
  if (!summary) problems.push('has no summary');
  if (!description) problems.push('has no description');
  const page = `docs/runbooks/${rule.alert}.md`;
  if (runbook !== `{{ $externalLabels.runbooks }}${rule.alert}.md`)
    problems.push('does not link to its runbook');
  else if (!isThere(page)) problems.push(`has no runbook at ${page}`);
  return problems.map((problem) => `${rule.alert} ${problem}.`);
}

/** A threshold on a quantile, or an `le`, that is no edge is compared with an interpolation; beyond the last it is dead. */
function bucketProblems(name: string, expr: string): string[] {
  const thresholds = quantileThresholds(expr);
  const edges = [...expr.matchAll(/(\w+)_bucket\{[^}]*\ble="([^"]+)"/g)].map(([, metric, edge]) => ({
    metric: metric ?? '',
    value: Number(edge),
  }));
  return [...thresholds, ...edges].flatMap(({ metric, value }) => {
    const buckets = bucketsOf(metric);
    if (buckets.includes(value)) return [];
    const beyond = value > Math.max(...buckets);
    return [
      `${name} compares ${metric} with ${value}, ${beyond ? 'beyond its last bucket' : 'which is no edge'}.`,
    ];
  });
}

function quantileThresholds(expr: string): { metric: string; value: number }[] {
  if (!expr.includes('histogram_quantile(')) return [];
  const metric = /(\w+)_bucket/.exec(expr)?.[1] ?? '';
  return [...expr.matchAll(/\)\s*>\s*([\d.]+)/g)].map(([, value]) => ({ metric, value: Number(value) }));
}

function bucketsOf(metric: string): readonly number[] {
  const definition: MetricDefinition | undefined = metricCatalogue[metric as MetricName];
  return definition?.buckets ?? [];
}
