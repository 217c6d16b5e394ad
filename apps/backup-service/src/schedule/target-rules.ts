import type { TargetRules } from '../catalogue/targets';
import type { BackupConfig } from '../config';

/** What is done with each database: what it says itself, over what holds for all. */
export function targetRules(config: BackupConfig): TargetRules[] {
  return config.BACKUP_TARGETS.map(({ name, schedule, retention }) => ({
    database: name,
    schedule: {
      cron: config.BACKUP_SCHEDULE_CRON,
      timezone: 'UTC',
      jitterSeconds: 0,
      blackouts: [],
      ...schedule,
    },
    retention: {
      withinDays: config.BACKUP_RETENTION_DAYS,
      daily: config.BACKUP_RETENTION_DAILY,
      weekly: config.BACKUP_RETENTION_WEEKLY,
      monthly: config.BACKUP_RETENTION_MONTHLY,
      ...retention,
    },
  }));
}
