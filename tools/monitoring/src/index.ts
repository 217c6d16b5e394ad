export { exporterMetrics } from './exporter-metrics';
export { commandsOf, queriesOf, runbookBlocks, type RunbookBlock } from './read-runbooks';
export { localAlertmanagerConfig, type LocalAlertmanager } from './local-alertmanager';
export { localPrometheusConfig, type LocalPrometheus } from './local-prometheus';
export { scaleDurations } from './scale-durations';
