/** What a catalogue is observed with. */
export const catalogueMetrics = [
  'db_backup_last_success_timestamp_seconds',
  'db_backup_last_proven_timestamp_seconds',
  'db_backup_next_run_timestamp_seconds',
  'db_backup_progress_ratio',
  'db_backup_running_bytes',
  'db_backup_running_bytes_per_second',
  'db_backup_running_remaining_seconds',
  'db_backup_copy_lag_seconds',
  'db_backup_verdict',
  'db_restore_progress_ratio',
  'db_restore_running_bytes',
  'db_restore_running_bytes_per_second',
  'db_restore_running_remaining_seconds',
  'backup_orphan_objects',
] as const;
