import type { AlertRule } from './read-rules';

/** The course of an absence alert: each of its series in turn is missing for a quarter of an hour, all others are there. */
export interface AbsenceCase {
  alert: string;
  series: Record<string, string>;
  /** By selector: when all is well, when the alert fires, and when it is over; in minutes. */
  gaps: { missing: string; quiet: number; fires: number; resolves: number }[];
}

const gapMinutes = 15;
/** From one gap to the next: time for a series to be taken for missing, for the alert to fire, and to be over. */
const periodMinutes = 30;

/** The course of the rule, if it tells of absence. Pure. */
export function absenceCase({ alert, expr }: AlertRule): AbsenceCase | undefined {
  const selectors = absenceSelectors(expr);
  if (selectors.length === 0) return undefined;
  const after = selectors.length * periodMinutes;
  const series = selectors.map((selector, index) => {
    const before = index * periodMinutes + 5;
    return [selector, `1x${before} _x${gapMinutes} 1x${after - before}`] as const;
  });
  const gaps = selectors.map((missing, index) => {
    const start = index * periodMinutes;
    return { missing, quiet: start + 4, fires: start + 19, resolves: start + 26 };
  });
  return { alert, series: Object.fromEntries(series), gaps };
}

/** The selectors inside `absent(…)`. Pure. */
export function absenceSelectors(expr: string): string[] {
  return [...expr.matchAll(/absent\(([^()]+)\)/g)].map((match) => (match[1] ?? '').trim());
}
