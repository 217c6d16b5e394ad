/**
 * Turns cases into promtool's own unit tests: for each alert one course of time in which it is quiet, fires and
 * resolves; one in which none of its series are there, so that its twin fires in its place; and for each absence alert
 * one in which each of its series alone is missing for a while.
 */
import { absenceCase, type AbsenceCase } from './absence-cases';
import type { AlertCase } from './alert-case';
import type { AlertRule } from './read-rules';
import { inRepository } from './repository';

/** A test file of promtool, to be written as YAML (JSON is YAML). */
export interface PromtoolFile {
  rule_files: string[];
  evaluation_interval: string;
  tests: PromtoolTest[];
}
interface PromtoolTest {
  name: string;
  interval: string;
  external_labels: Record<string, string>;
  input_series: { series: string; values: string }[];
  alert_rule_test: { eval_time: string; alertname: string; exp_alerts: ExpectedAlert[] }[];
}
interface ExpectedAlert {
  exp_labels: Record<string, string>;
  exp_annotations: Record<string, string>;
}

/** A test, and the rule files that it needs: promtool evaluates every rule that is loaded. */
type LoadedTest = { ruleFiles: string[]; test: PromtoolTest };
type Find = (alert: string) => AlertRule;

/** The files for the cases, one for each rule file and interval, since the interval is a property of the file. Pure. */
export function promtoolFiles(rules: readonly AlertRule[], cases: readonly AlertCase[]): PromtoolFile[] {
  const find: Find = (alert) => {
    const rule = rules.find((candidate) => candidate.alert === alert);
    if (!rule) throw new Error(`a test is about ${alert}, which is no rule`);
    return rule;
  };
  const absences = rules.map(absenceCase).filter((absence) => absence !== undefined);
  const tests = [
    ...cases.flatMap((alertCase) => courseTests(alertCase, find)),
    ...missingTests(cases, find),
    ...absences.map((absence) => absenceTest(absence, find)),
  ];
  const files = new Map<string, PromtoolFile>();
  for (const { ruleFiles, test } of tests) {
    const key = `${ruleFiles.join()} ${test.interval}`;
    const rule_files = ruleFiles.map(inRepository);
    if (!files.has(key)) files.set(key, { rule_files, evaluation_interval: test.interval, tests: [] });
    files.get(key)?.tests.push(test);
  }
  return [...files.values()];
}

function courseTests(alertCase: AlertCase, find: Find): LoadedTest[] {
  const { alert, quiet, fires, resolves, series, interval = '1m', labels, description } = alertCase;
  const rule = find(alert);
  const firing = expected(rule, labels ?? {}, description);
  const at = (eval_time: string, exp_alerts: ExpectedAlert[]) => ({
    eval_time,
    alertname: alert,
    exp_alerts,
  });
  const course = [
    ...(quiet ? [at(quiet, [])] : []),
    at(fires, [firing]),
    ...(resolves ? [at(resolves, [])] : []),
  ];
  const others = (alertCase.alsoQuiet ?? []).map((other) =>
    test(`${alert} is quiet: ${other.name}`, interval, other.series, [at(other.at, [])]),
  );
  const tests = [test(alert, interval, series, course), ...others];
  return tests.map((one) => ({ ruleFiles: [rule.file], test: one }));
}

/** With nothing scraped at all the alerts themselves are silent, and their twins are not; one test for all of a file. */
function missingTests(cases: readonly AlertCase[], find: Find): LoadedTest[] {
  const byFiles = new Map<string, LoadedTest>();
  for (const { alert, twin } of cases.filter(({ quiet }) => quiet)) {
    const ruleFiles = [...new Set([find(alert).file, find(twin).file])];
    const name = `the series of ${ruleFiles.join(' and ')} are missing`;
    const loaded = byFiles.get(name) ?? { ruleFiles, test: test(name, '1m', {}, []) };
    byFiles.set(name, loaded);
    const at = (alertname: string, exp_alerts: ExpectedAlert[]) => ({
      eval_time: '12m',
      alertname,
      exp_alerts,
    });
    loaded.test.alert_rule_test.push(at(alert, []), at(twin, whenAllIsMissing(find(twin))));
  }
  return [...byFiles.values()];
}

function whenAllIsMissing(twin: AlertRule): ExpectedAlert[] {
  const selectors = twin.alert === 'TargetMissing' ? ['api-gateway', ...otherJobs] : [undefined];
  return selectors.map((job) => expected(twin, job ? { job } : {}, describeMissing(twin, job)));
}

function absenceTest({ alert, series, gaps }: AbsenceCase, find: Find): LoadedTest {
  const rule = find(alert);
  const at = (minute: number, exp_alerts: ExpectedAlert[]) => ({
    eval_time: `${minute}m`,
    alertname: alert,
    exp_alerts,
  });
  const course = gaps.flatMap(({ missing, quiet, fires, resolves }) => {
    const job = /job="([^"]+)"/.exec(missing)?.[1];
    const labels: Record<string, string> = alert === 'TargetMissing' && job ? { job } : {};
    const firing = expected(rule, labels, describeMissing(rule, labels['job']));
    return [at(quiet, []), at(fires, [firing]), at(resolves, [])];
  });
  return { ruleFiles: [rule.file], test: test(`${alert}, each of its series`, '1m', series, course) };
}

const otherJobs = [
  'key-rotation-service',
  'backup-service',
  'alert-dispatcher',
  'postgres',
  'redis',
  'prometheus',
  'alertmanager',
];

function describeMissing(rule: AlertRule, job: string | undefined): string {
  return rendered(rule.annotations, job ? { job } : {})['description'] ?? '';
}

function expected(rule: AlertRule, labels: Record<string, string>, description: string): ExpectedAlert {
  return {
    exp_labels: { ...rule.labels, ...labels },
    exp_annotations: { ...rendered(rule.annotations, labels), description },
  };
}

/** Where a Prometheus says that the runbooks are. */
const external_labels = { runbooks: 'https://runbooks.example/' };

/** What is written about an alert may name its labels, and where the runbooks are. */
function rendered(texts: Record<string, string>, labels: Record<string, string>): Record<string, string> {
  const render = (text: string): string =>
    text
      .replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, name: string) => labels[name] ?? '')
      .replace('{{ $externalLabels.runbooks }}', external_labels.runbooks);
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, render(text)]));
}

function test(
  name: string,
  interval: string,
  series: Record<string, string>,
  alert_rule_test: PromtoolTest['alert_rule_test'],
): PromtoolTest {
  const input_series = Object.entries(series).map(([key, values]) => ({ series: key, values }));
  return { name, interval, external_labels, input_series, alert_rule_test };
}
