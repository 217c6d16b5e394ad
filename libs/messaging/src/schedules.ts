/**
 * Schedules live in Postgres, and so does their clock. A tick is claimed by moving `next_run_at` on in the same
 * transaction that writes what the tick is for, so that any number of replicas make it happen once, a tick missed
 * while everything was down is caught up once, and a flushed Redis skips none.
 */
import type { PoolClient, Queryable } from '@swfx/database';
import { Cron } from 'croner';

export interface Schedule {
  name: string;
  service: string;
  /** Five cron fields, in UTC or, after `CRON_TZ=Europe/Berlin `, in that time zone. */
  cron: string;
  /** Each tick comes up to so many seconds later than the expression says; none if not given. */
  jitterSeconds?: number;
}

const inTimeZone = /^CRON_TZ=(\S+)\s+(.*)$/;

/** The first instant after `now` that a cron expression names. */
export function nextRun(cron: string, now: Date): Date {
  const [, timezone = 'UTC', expression = cron] = inTimeZone.exec(cron) ?? [];
  const next = new Cron(expression, { timezone }).nextRun(now);
  if (!next) throw new Error(`the schedule "${cron}" never comes due`);
  return next;
}

/** Seconds between the next two runs of a cron expression. */
export function intervalSeconds(cron: string, now: Date): number {
  const first = nextRun(cron, now);
  return (nextRun(cron, first).getTime() - first.getTime()) / 1000;
}

/** What is wrong with a cron expression, or undefined. */
export function cronProblem(cron: string): string | undefined {
  try {
    nextRun(cron, new Date(0));
    const expression = inTimeZone.exec(cron)?.[2] ?? cron;
    return expression.trim().split(/\s+/).length === 5 ? undefined : 'must have five fields';
  } catch {
    return 'must be a cron expression such as */5 * * * *';
  }
}

/** Makes a schedule known. One whose cron changed is due by its new cron; any other keeps its place. */
export async function ensureSchedule(db: Queryable, schedule: Schedule): Promise<void> {
  const now = await databaseNow(db);
  await db.query(
    `INSERT INTO task_schedule (name, service, cron, next_run_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (name) DO UPDATE SET service = $2, cron = $3, next_run_at = $4
       WHERE task_schedule.cron <> $3`,
    [schedule.name, schedule.service, schedule.cron, nextTick(schedule.cron, now, schedule.jitterSeconds)],
  );
}

/**
 * Takes a due tick inside the caller's transaction: the time that it was due, or undefined when it is not, or is
 * another's. The next one comes with the jitter that is given.
 */
export async function claimTick(
  client: PoolClient,
  name: string,
  options: { jitterSeconds?: number } = {},
): Promise<Date | undefined> {
  const { rows } = await client.query<{ cron: string; next_run_at: Date; now: Date }>(
    `SELECT cron, next_run_at, clock_timestamp() AS now FROM task_schedule
     WHERE name = $1 AND next_run_at <= clock_timestamp() FOR UPDATE SKIP LOCKED`,
    [name],
  );
  const due = rows[0];
  if (!due) return undefined;
  await client.query(
    'UPDATE task_schedule SET next_run_at = $2, last_run_at = clock_timestamp() WHERE name = $1',
    [name, nextTick(due.cron, due.now, options.jitterSeconds)],
  );
  return due.next_run_at;
}

function nextTick(cron: string, now: Date, jitterSeconds = 0): Date {
  return new Date(nextRun(cron, now).getTime() + Math.random() * jitterSeconds * 1000);
}

/** When a schedule is due next, or undefined when it is not known. */
export async function nextRunOf(db: Queryable, name: string): Promise<Date | undefined> {
  const { rows } = await db.query<{ next_run_at: Date }>(
    'SELECT next_run_at FROM task_schedule WHERE name = $1',
    [name],
  );
  return rows[0]?.next_run_at;
}

async function databaseNow(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  return (rows[0] as { now: Date }).now;
}
