import type { Registry } from 'prom-client';
import { collectDefaultMetrics, Counter, Gauge, Histogram, register } from 'prom-client';
import {
  metricCatalogue,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
  type MetricOfType,
} from './catalogue';

export interface MetricsOptions {
  service: string;
  version: string;
  environment: string;
  /** The metrics of the catalogue that this service exports. */
  names: readonly MetricName[];
  /** Tests give a registry of their own; a process has one. */
  registry?: Registry;
}

type NoLabels = Record<string, never>;
type LabelArgument<Name extends MetricName> = keyof LabelsOf<Name> extends never
  ? [labels?: NoLabels]
  : [labels: LabelsOf<Name>];

/** The metrics of one process. Using a metric that the service did not declare is an error: nothing would zero it. */
export interface Metrics {
  readonly registry: Registry;
  increment<Name extends MetricOfType<'counter'>>(name: Name, ...labels: LabelArgument<Name>): void;
  add<Name extends MetricOfType<'counter'>>(name: Name, by: number, ...labels: LabelArgument<Name>): void;
  set<Name extends MetricOfType<'gauge'>>(name: Name, value: number, ...labels: LabelArgument<Name>): void;
  observe<Name extends MetricOfType<'histogram'>>(
    name: Name,
    value: number,
    ...labels: LabelArgument<Name>
  ): void;
  /** Shows a series at zero before its first event, where the label values are known only at run time. */
  zero<Name extends MetricName>(name: Name, labels: LabelsOf<Name>): void;
  /** Forgets every series of a gauge, where what its labels name can be gone. */
  clear(name: MetricOfType<'gauge'>): void;
  /** Runs before each scrape; for gauges that are cheap to read and need no I/O. */
  onScrape(collect: () => void): void;
}

/** Registers a service's metrics, each series whose labels are known at zero, and the default `process_*` and `nodejs_*`. */
export function createMetrics(options: MetricsOptions): Metrics {
  const registry = options.registry ?? register;
  const instruments = new Map<string, Counter | Gauge | Histogram>();
  const env = { env: options.environment };
  for (const name of new Set<MetricName>(['app_build_info', ...options.names])) {
    const instrument = createInstrument(name, metricCatalogue[name], registry);
    zero(instrument, metricCatalogue[name], env);
    instruments.set(name, instrument);
  }
  if (!registry.getSingleMetric('process_cpu_user_seconds_total'))
    collectDefaultMetrics({ register: registry });

  const find = <Kind>(name: MetricName): Kind => {
    const instrument = instruments.get(name);
    if (!instrument) throw new Error(`the service does not declare the metric ${name}`);
    return instrument as Kind;
  };
  const all = (name: MetricName, labels: object | undefined) =>
    'env' in metricCatalogue[name].labels ? { ...env, ...labels } : { ...labels };
  const metrics: Metrics = {
    registry,
    increment: (name, ...[labels]) => find<Counter>(name).inc(all(name, labels)),
    add: (name, by, ...[labels]) => find<Counter>(name).inc(all(name, labels), by),
    set: (name, value, ...[labels]) => find<Gauge>(name).set(all(name, labels), value),
    observe: (name, value, ...[labels]) => find<Histogram>(name).observe(all(name, labels), value),
    zero: (name, labels) => zeroSeries(find(name), all(name, labels)),
    clear: (name) => find<Gauge>(name).reset(),
    onScrape: (collect) => {
      // The first metric of the registry is asked first, so that what is set here is seen by the same scrape.
      const build = find<Gauge>('app_build_info') as Gauge & { collect: () => void };
      const before = build.collect?.bind(build);
      build.collect = () => {
        before?.();
        collect();
      };
    },
  };
  metrics.set('app_build_info', 1, { service: options.service, version: options.version });
  return metrics;
}

function createInstrument(
  name: string,
  definition: MetricDefinition,
  registry: Registry,
): Counter | Gauge | Histogram {
  const configuration = {
    name,
    help: definition.help,
    labelNames: Object.keys(definition.labels),
    registers: [registry],
  };
  if (definition.type === 'counter') return new Counter(configuration);
  if (definition.type === 'gauge') return new Gauge(configuration);
  return new Histogram({ ...configuration, buckets: [...(definition.buckets ?? [])] });
}

/** Every series whose label values are known exists from the first scrape, so that `rate()` and `absent()` mean something. */
function zero(
  instrument: Counter | Gauge | Histogram,
  definition: MetricDefinition,
  env: { env: string },
): void {
  for (const labels of combinations(definition.labels, env)) zeroSeries(instrument, labels);
}

function zeroSeries(instrument: Counter | Gauge | Histogram, labels: Record<string, string>): void {
  if (instrument instanceof Counter) instrument.inc(labels, 0);
  else if (instrument instanceof Gauge) instrument.set(labels, 0);
  else instrument.zero(labels);
}

function combinations(labels: MetricDefinition['labels'], env: { env: string }): Record<string, string>[] {
  let result: Record<string, string>[] = [{}];
  for (const [name, values] of Object.entries(labels)) {
    if (values === 'open') return [];
    const list = values === 'env' ? [env.env] : values;
    result = result.flatMap((labelled) => list.map((value) => ({ ...labelled, [name]: value })));
  }
  return result;
}
