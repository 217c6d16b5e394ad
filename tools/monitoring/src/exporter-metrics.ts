/**
 * What rules, panels and runbooks read of programs that are not ours, by scrape job. A test compares each with what
 * the real program says, so that a name that a new version has dropped is noticed.
 */
export const exporterMetrics: Record<string, readonly string[]> = {
  'every job': ['up', 'scrape_duration_seconds', 'scrape_samples_scraped'],
  postgres: [
    'pg_up',
    'pg_database_size_bytes',
    'pg_stat_activity_count',
    'pg_settings_max_connections',
    'pg_stat_database_xact_commit',
    'pg_stat_database_xact_rollback',
  ],
  redis: ['redis_up', 'redis_connected_clients', 'redis_memory_used_bytes', 'redis_commands_processed_total'],
  prometheus: [
    'prometheus_tsdb_head_series',
    'prometheus_rule_evaluation_failures_total',
    'prometheus_config_last_reload_successful',
    'prometheus_tsdb_storage_blocks_bytes',
    'prometheus_notifications_dropped_total',
    'prometheus_notifications_alertmanagers_discovered',
    'ALERTS',
  ],
  alertmanager: [
    'alertmanager_notifications_total',
    'alertmanager_notifications_failed_total',
    'alertmanager_config_last_reload_successful',
    'alertmanager_alerts',
  ],
  'every service': [
    'process_cpu_seconds_total',
    'process_resident_memory_bytes',
    'process_start_time_seconds',
    'process_open_fds',
    'nodejs_eventloop_lag_p99_seconds',
    'nodejs_heap_size_used_bytes',
  ],
};
