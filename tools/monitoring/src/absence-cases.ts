import type { AlertRule } from './read-rules';

/** One way in which an absence alert fires: `missing` is not there for a quarter of an hour, all its other series are. */
export interface AbsenceCase {
  alert: string;
  missing: string;
  series: Record<string, string>;
}

/** A case for each series whose absence the rule tells; none for other rules. Pure. */
export function absenceCases({ alert, expr }: AlertRule): AbsenceCase[] {
  const selectors = absenceSelectors(expr);
  return selectors.map((missing) => ({
    alert,
    missing,
    series: Object.fromEntries(
      selectors.map((selector) => [selector, selector === missing ? '1x5 _x15 1x10' : '1x30']),
    ),
  }));
}

/** The selectors inside `absent(…)`. Pure. */
export function absenceSelectors(expr: string): string[] {
  return [...expr.matchAll(/absent\(([^()]+)\)/g)].map((match) => (match[1] ?? '').trim());
}
