/**
 * A matcher on a label that a metric does not have, or on a value that it never has, selects nothing: such a rule never
 * fires, and promtool does not know it. The catalogue does.
 */
import { auditActions } from '@swfx/audit';
import { taskNames } from '@swfx/messaging';
import { metricCatalogue, type MetricDefinition, type MetricName } from '@swfx/metrics';

/** Labels whose values are closed, though the catalogue does not list them. */
const elsewhere: Record<string, readonly string[]> = {
  action: Object.keys(auditActions),
  task_name: taskNames,
  queue: taskNames,
};
/** What Prometheus adds to whatever it scrapes. */
const added = ['job', 'instance'];

interface Matcher {
  metric: string;
  label: string;
  operator: string;
  value: string;
}

/** What is wrong with the selectors of our metrics in an expression, or in the name of a series; each a sentence. Pure. */
export function findLabelProblems(expression: string): string[] {
  return matchersIn(expression).flatMap(({ metric, label, operator, value }) => {
    const definition = definitionOf(metric);
    if (!definition || added.includes(label) || (label === 'le' && metric.endsWith('_bucket'))) return [];
    const declared = definition.labels[label];
    if (declared === undefined) return [`${metric} has no label ${label}.`];
    const values = Array.isArray(declared) ? (declared as readonly string[]) : elsewhere[label];
    const alternatives = operator.endsWith('~') ? value.split('|') : [value];
    const unknown = alternatives.filter((one) => values && !values.some((known) => matches(known, one)));
    return unknown.map((one) => `${label} of ${metric} is never ${one}.`);
  });
}

function matchersIn(expression: string): Matcher[] {
  return [...expression.matchAll(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)].flatMap(
    ([, metric = '', matchers = '']) =>
      [...matchers.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = '', operator = '', value = '']) => ({ metric, label, operator, value }),
      ),
  );
}

function definitionOf(metric: string): MetricDefinition | undefined {
  const name = metric.replace(/_(bucket|count|sum)$/, '');
  return metricCatalogue[metric as MetricName] ?? metricCatalogue[name as MetricName];
}

function matches(known: string, pattern: string): boolean {
  return new RegExp(`^(?:${pattern})$`).test(known);
}
