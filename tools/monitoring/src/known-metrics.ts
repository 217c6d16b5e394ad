import { metricCatalogue, type MetricDefinition } from '@swfx/metrics';
import { exporterMetrics } from './exporter-metrics';

/** Every name that an expression may read: our catalogue's, those of named exporters, and the given recordings. Pure. */
export function knownMetrics(recordings: readonly string[]): Set<string> {
  const ours = Object.entries(metricCatalogue).flatMap(([name, { type }]) => seriesOf(name, type));
  return new Set([...ours, ...Object.values(exporterMetrics).flat(), ...recordings]);
}

function seriesOf(name: string, type: MetricDefinition['type']): string[] {
  return type === 'histogram' ? ['_bucket', '_sum', '_count'].map((suffix) => name + suffix) : [name];
}
