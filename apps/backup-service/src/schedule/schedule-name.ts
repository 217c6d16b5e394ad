/** The service that the schedules of backups belong to. */
export const scheduleService = 'backup-service';

/** The name of a database's schedule. */
export function scheduleName(database: string): string {
  return `db_backup:${database}`;
}
