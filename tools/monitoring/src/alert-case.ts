/** How one alert behaves over time. Durations are promtool's; times count from the first sample. */
export interface AlertCase {
  alert: string;
  /** promtool's notation for each series; see its documentation of unit tests. */
  series: Record<string, string>;
  /** Between two samples, and between two evaluations (default 1m). */
  interval?: string;
  /** Everything is well: it does not fire. Left out only for what always fires. */
  quiet?: string;
  fires: string;
  resolves?: string;
  /** The labels beside those that the rule sets. */
  labels?: Record<string, string>;
  description: string;
  /** The alert that fires in its place when its series are not there. */
  twin: string;
  /** Metrics whose absence is no trouble, and which the twin therefore does not tell. */
  mayLack?: readonly string[];
  /** Other courses in which it must not fire, each named. */
  alsoQuiet?: { name: string; series: Record<string, string>; at: string }[];
}
