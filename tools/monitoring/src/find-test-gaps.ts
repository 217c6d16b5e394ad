import { absenceSelectors } from './absence-cases';
import type { AlertCase } from './alert-case';
import { metricNames } from './metric-names';
import type { Rules } from './read-rules';

/** The only alert that always fires: there is no time at which it is quiet. */
const alwaysFires = 'Watchdog';

/**
 * What the cases leave out, each a sentence: an alert without a course, a course that lacks a part, a twin that is none,
 * and a metric that an alert reads and whose absence its twin does not tell. Pure.
 */
export function findTestGaps(rules: Rules, cases: readonly AlertCase[]): string[] {
  const { alerts } = rules;
  const absence = new Set(
    alerts.filter(({ expr }) => absenceSelectors(expr).length > 0).map(({ alert }) => alert),
  );
  const tested = new Set(cases.map(({ alert }) => alert));
  const untested = alerts.filter(({ alert }) => !absence.has(alert) && !tested.has(alert));
  return [
    ...untested.map(({ alert }) => `${alert} has no test.`),
    ...cases.filter(({ alert }) => alert !== alwaysFires).flatMap((one) => partsMissing(one, absence)),
    ...cases.filter(({ twin }) => absence.has(twin)).flatMap((one) => untoldAbsences(one, rules)),
  ];
}

function partsMissing({ alert, quiet, resolves, twin }: AlertCase, absence: ReadonlySet<string>): string[] {
  const problems = [
    quiet ? undefined : 'is never quiet in its test',
    resolves ? undefined : 'never resolves in its test',
    absence.has(twin) ? undefined : `names ${twin}, which tells of no absence`,
  ];
  return problems.filter((problem) => problem !== undefined).map((problem) => `${alert} ${problem}.`);
}

function untoldAbsences({ alert, twin, mayLack = [] }: AlertCase, rules: Rules): string[] {
  // That a job has no `up` is told by TargetMissing, for every job.
  const told = new Set(['up', ...metricsRead(twin, rules), ...mayLack]);
  const untold = [...metricsRead(alert, rules)].filter((metric) => !told.has(metric));
  return untold.map((metric) => `${alert} reads ${metric}, whose absence ${twin} does not tell.`);
}

/** What an alert or a recording reads of exporters, through any recordings; the series of a histogram as one. */
function metricsRead(rule: string, rules: Rules): Set<string> {
  const exprs = [
    ...rules.alerts.filter(({ alert }) => alert === rule),
    ...rules.recordings.filter(({ record }) => record === rule),
  ].map(({ expr }) => expr);
  const names = exprs.flatMap(metricNames).flatMap((name) => {
    const isRecording = rules.recordings.some(({ record }) => record === name);
    return isRecording ? [...metricsRead(name, rules)] : [name.replace(/_(bucket|count|sum)$/, '')];
  });
  return new Set(names);
}
