import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { leaseSeconds } from '../catalogue/backup-runs';
import type { RestoreState } from '../catalogue/restores';
import type { RestorePlan } from '../restore/plan-restore';
import type { UndoPlan } from '../restore/plan-undo';
import { describeRestoreProgress, type RestoreProgressFacts } from './describe-restore-progress';

/** A restore as `swfx backup restore --json` and `swfx backup restores --json` print it. */
export interface RestoreReport extends RestoreProgressFacts {
  id: string;
  backup_id: string;
  database: string;
  into: string | null;
  state: RestoreState;
  asked: string | null;
  requested_by: string;
  requested_at: Date;
  plan: RestorePlan | null;
  undo_plan: UndoPlan | null;
  live_name: string | null;
  /** The database that stands aside, while it does. */
  kept_name: string | null;
  keep_until: Date | null;
  restore_seconds: number | null;
  /** Why the second copy of the backup was read; null where the first one was. */
  read_from_copy: string | null;
  reason: string | null;
  error: string | null;
}

const columns = `id, backup_id, database, into_name AS into, state, asked, phase, requested_by, requested_at, plan, undo_plan,
  live_name, CASE WHEN keep_until IS NOT NULL AND dropped_at IS NULL
                  THEN CASE state WHEN 'undone' THEN beside_name ELSE kept_name END END AS kept_name,
  keep_until, restore_seconds, read_from_copy, reason, error, restored_bytes::float8,
  extract(epoch FROM lease_until - phase_started_at)::float8 - ${leaseSeconds} AS elapsed_seconds,
  (SELECT (manifest -> 'dump' ->> 'dumped_bytes')::float8 FROM backup WHERE backup.id = backup_id) AS expected_bytes`;

const pollMs = 200;
const patienceMs = 20_000;

/** Follows the step that was asked of a restore to its end, or until nothing has taken it for 20 s. */
export async function followRestore(
  db: Queryable,
  id: string,
  say: (line: string) => void,
): Promise<RestoreReport> {
  const askedAt = performance.now();
  let said = '';
  for (;;) {
    const found = await readRestore(db, id);
    if (!found) throw new Error(`the restore ${id} is gone`);
    const { taken, ...report } = found;
    if (report.asked === null) return report;
    if (!taken && performance.now() - askedAt > patienceMs)
      throw new Error(`Nothing has taken restore ${id} up: is backup-service running?`);
    const phase = report.phase ?? (taken ? 'looking' : 'waiting to be taken');
    const line = describeRestoreProgress(report.database, { ...report, phase });
    if (line !== said) say(line);
    said = line;
    await sleep(pollMs);
  }
}

/** A restore, and whether a runner has taken the step that is asked of it; undefined when there is none of this id. */
export async function readRestore(
  db: Queryable,
  id: string,
): Promise<(RestoreReport & { taken: boolean }) | undefined> {
  const { rows } = await db.query<RestoreReport & { taken: boolean }>(
    `SELECT ${columns}, attempt > 0 AS taken FROM db_restore WHERE id = $1`,
    [id],
  );
  return rows[0];
}

/** Restores, newest first. */
export async function listRestores(db: Queryable, limit: number): Promise<RestoreReport[]> {
  const { rows } = await db.query<RestoreReport>(
    `SELECT ${columns} FROM db_restore ORDER BY requested_at DESC LIMIT $1`,
    [limit],
  );
  return rows;
}

/** The restore that an undo means: the named one, or the newest that has kept the database it replaced. */
export async function chooseRestoreToUndo(db: Queryable, id: string | undefined): Promise<RestoreReport> {
  const { rows } = await db.query<RestoreReport>(
    `SELECT ${columns} FROM db_restore
     WHERE state = 'restored' AND keep_until IS NOT NULL AND dropped_at IS NULL
       AND ($1::text IS NULL OR starts_with(id::text, lower($1)))
     ORDER BY finished_at DESC LIMIT 2`,
    [id ?? null],
  );
  const [found, another] = rows;
  if (!found)
    throw new Error(
      `There is no restore${id ? ` ${id}` : ''} to undo: npx swfx backup restores shows those there were.`,
    );
  if (id !== undefined && another)
    throw new Error(`More than one restore begins with ${id}: give more of its id.`);
  return found;
}
