import { metricCatalogue } from '@swfx/metrics';
import { metricNames } from './metric-names';

/** The metrics of the catalogue that none of these expressions reads: nobody would see them move. Pure. */
export function findUnwatchedMetrics(expressions: readonly string[]): string[] {
  const read = new Set(
    expressions.flatMap(metricNames).flatMap((name) => [name, name.replace(/_(bucket|count|sum)$/, '')]),
  );
  return Object.keys(metricCatalogue).filter((metric) => !read.has(metric));
}
