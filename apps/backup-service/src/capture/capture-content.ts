/**
 * The fingerprint of all that is in the dumped snapshot, taken while the dump runs. The tables are read by sessions that
 * share the snapshot, so that writers in the meantime change nothing; the one that holds it reads what is defined.
 */
import type { Client } from 'pg';
import pg from 'pg';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';
import type { HeldSnapshot } from './hold-snapshot';
import { listExcluded, type ExcludedTable } from './list-excluded';
import { quoted, type TableName } from './list-tables';
import { readLargeObjects, type LargeObjects } from './read-large-objects';
import { readSchema, type SchemaFact } from './read-schema';
import { readTableContents, type FingerprintLevel, type TableContent } from './sum-tables';

/** All but the sequences, which obey no snapshot. */
export interface SnapshotContent {
  largeObjects: LargeObjects;
  schema: SchemaFact[];
  excluded: ExcludedTable[];
}

/** Reads the tables' contents and, at level `full`, everything else. `session` holds the snapshot. */
export async function captureContent(
  session: Client,
  options: {
    address: ServerAddress;
    snapshot: HeldSnapshot;
    level: FingerprintLevel;
    /** How many read tables side by side. */
    sessions: number;
    signal: AbortSignal;
  },
): Promise<{ tables: TableContent[]; content: SnapshotContent | undefined }> {
  const { snapshot, level } = options;
  if (level === 'rows')
    return { tables: await readTableContents([session], snapshot.tables, level), content: undefined };
  const readers = await joinSnapshot(options);
  try {
    const tables = await biggestFirst(session, snapshot.tables);
    const [contents, content] = await Promise.all([
      readTableContents(readers, tables, level),
      readSnapshotContent(session),
    ]);
    const byName = new Map(contents.map((table) => [quoted(table), table]));
    return { tables: snapshot.tables.map((table) => byName.get(quoted(table)) as TableContent), content };
  } finally {
    await Promise.all(readers.map((reader) => reader.end().catch(() => undefined)));
  }
}

/** What is defined, and the large objects, as one session sees them. */
export async function readSnapshotContent(session: Client): Promise<SnapshotContent> {
  const schema = await readSchema(session);
  const largeObjects = await readLargeObjects(session);
  return { schema, largeObjects, excluded: await listExcluded(session) };
}

async function joinSnapshot(options: {
  address: ServerAddress;
  snapshot: HeldSnapshot;
  sessions: number;
  signal: AbortSignal;
}): Promise<Client[]> {
  const { address, snapshot, sessions, signal } = options;
  const joined: Client[] = [];
  try {
    for (let count = 0; count < sessions; count += 1) {
      const session = await openSession(address, signal);
      joined.push(session);
      // One process a session: a backup must not take all cores of a server that others work on.
      await session.query('SET max_parallel_workers_per_gather = 0');
      await session.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      await session.query(`SET TRANSACTION SNAPSHOT ${pg.escapeLiteral(snapshot.id)}`);
    }
    return joined;
  } catch (error) {
    await Promise.all(joined.map((session) => session.end().catch(() => undefined)));
    throw error;
  }
}

/** A large table that is begun last is waited for alone. */
async function biggestFirst(session: Client, tables: readonly TableName[]): Promise<TableName[]> {
  const { rows } = await session.query<TableName & { pages: number }>(
    `SELECT nspname::text AS schema, relname::text AS name, relpages AS pages
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE relkind = 'r'`,
  );
  const pages = new Map(rows.map((row) => [quoted(row), row.pages]));
  const sizeOf = (table: TableName) => pages.get(quoted(table)) ?? 0;
  return [...tables].sort((a, b) => sizeOf(b) - sizeOf(a));
}
