import { absenceSelectors } from './absence-cases';
import type { AlertCase } from './alert-case';
import type { Rules } from './read-rules';

/** The only alert that always fires: there is no time at which it is quiet. */
const alwaysFires = 'Watchdog';

/** What the cases leave out, each a sentence: an alert without a course, a course that lacks a part, a twin that is none. */
export function findTestGaps({ alerts }: Rules, cases: readonly AlertCase[]): string[] {
  const absence = new Set(
    alerts.filter(({ expr }) => absenceSelectors(expr).length > 0).map(({ alert }) => alert),
  );
  const tested = new Set(cases.map(({ alert }) => alert));
  const untested = alerts.filter(({ alert }) => !absence.has(alert) && !tested.has(alert));
  return [
    ...untested.map(({ alert }) => `${alert} has no test.`),
    ...cases.filter(({ alert }) => alert !== alwaysFires).flatMap((one) => partsMissing(one, absence)),
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
