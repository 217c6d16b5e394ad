/**
 * One session holds the snapshot that the dump and the row counts both read. TRUNCATE and the rewriting kinds of
 * ALTER TABLE obey no snapshot, so every table is locked (ACCESS SHARE: readers and writers go on) *before* the
 * snapshot is taken; if a table came or went meanwhile, it is done again.
 */
import { errorMessage } from '@swfx/errors';
import type { Client } from 'pg';
import { BackupError } from '../backup-error';
import { listTables, quoted, type TableName } from './list-tables';

/** A snapshot that lives as long as its session's transaction. */
export interface HeldSnapshot {
  /** What `pg_dump --snapshot` takes. */
  id: string;
  takenAt: Date;
  /** The tables that hold rows in it. */
  tables: TableName[];
}

const attempts = 5;
const tablesPerStatement = 200;

/** Locks every table and takes the snapshot in the session's transaction, which stays open. */
export async function holdSnapshot(session: Client, lockWaitSeconds: number): Promise<HeldSnapshot> {
  await session.query(`SET lock_timeout = '${lockWaitSeconds}s'`);
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const locked = await listTables(session, { withPartitioned: true });
    await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const snapshot = (await lockTables(session, locked)) ? await takeSnapshot(session, locked) : undefined;
    if (snapshot) return snapshot;
    await session.query('ROLLBACK');
  }
  throw new BackupError(
    'dump_failed',
    'tables came and went while they were being locked; no quiet moment was found',
  );
}

/** False when one of the tables is no longer there. */
async function lockTables(session: Client, tables: readonly TableName[]): Promise<boolean> {
  try {
    for (let from = 0; from < tables.length; from += tablesPerStatement) {
      const names = tables.slice(from, from + tablesPerStatement).map(quoted);
      await session.query(`LOCK TABLE ${names.join(', ')} IN ACCESS SHARE MODE`);
    }
    return true;
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === undefinedTable || code === undefinedSchema) return false;
    const why = code === lockNotAvailable ? 'another session holds a table locked' : errorMessage(error);
    throw new BackupError('dump_failed', `cannot lock the tables: ${why}`, { cause: error });
  }
}

const undefinedTable = '42P01';
const undefinedSchema = '3F000';
const lockNotAvailable = '55P03';

/** Undefined when the snapshot shows a table that is not locked. */
async function takeSnapshot(
  session: Client,
  locked: readonly TableName[],
): Promise<HeldSnapshot | undefined> {
  const { rows } = await session.query<{ id: string; taken_at: Date }>(
    'SELECT pg_export_snapshot() AS id, clock_timestamp() AS taken_at',
  );
  const [{ id, taken_at: takenAt }] = rows as [{ id: string; taken_at: Date }];
  const names = new Set(locked.map(quoted));
  const all = await listTables(session, { withPartitioned: true });
  if (!all.every((table) => names.has(quoted(table)))) return undefined;
  return { id, takenAt, tables: await listTables(session) };
}
