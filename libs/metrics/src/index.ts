export {
  metricCatalogue,
  type LabelsOf,
  type MetricDefinition,
  type MetricName,
  type MetricOfType,
} from './catalogue';
export { createMetrics, type Metrics, type MetricsOptions } from './metrics';
export { generateMetrics, startMetricsServer } from './metrics-server';
