import type { Queryable } from '@swfx/database';

/** A schedule as the ops database has it; the seconds are by Postgres's clock. */
export interface ScheduleRow {
  name: string;
  service: string;
  cron: string;
  last_run_at: Date | null;
  next_run_at: Date;
  /** Negative once it is overdue. */
  next_run_in_seconds: number;
  last_run_age_seconds: number | null;
}

/** Every schedule, by what is due first. */
export async function listSchedules(db: Queryable): Promise<ScheduleRow[]> {
  const { rows } = await db.query<ScheduleRow>(
    `SELECT name, service, cron, last_run_at, next_run_at,
            round(extract(epoch FROM next_run_at - clock_timestamp()))::int AS next_run_in_seconds,
            round(extract(epoch FROM clock_timestamp() - last_run_at))::int AS last_run_age_seconds
     FROM task_schedule ORDER BY next_run_at, name`,
  );
  return rows;
}
