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
import { createPace, realClock } from './pace';
import { readLargeObjects, type LargeObjects } from './read-large-objects';
import { readSchema, type SchemaFact } from './read-schema';
import { readTableContents, sliceBytesFor, type Fingerprint, type TableContent } from './sum-tables';

/** All but the sequences, which obey no snapshot. */
export interface SnapshotContent {
  largeObjects: LargeObjects;
  schema: SchemaFact[];
  excluded: ExcludedTable[];
}

/** Reads the tables' contents and, at the level `full`, everything else. `session` holds the snapshot. */
export async function captureContent(
  session: Client,
  options: {
    address: ServerAddress;
    snapshot: HeldSnapshot;
    fingerprint: Fingerprint;
    /** How many read tables side by side. */
    sessions: number;
    /** How much they may read together; undefined for no limit. */
    bytesPerSecond: number | undefined;
    signal: AbortSignal;
  },
): Promise<{ tables: TableContent[]; content: SnapshotContent | undefined }> {
  const { snapshot, fingerprint, bytesPerSecond, signal } = options;
  if (fingerprint.level === 'rows')
    return { tables: await readTableContents([session], snapshot.tables, fingerprint), content: undefined };
  const readers = await joinSnapshot(options);
  try {
    const pace = createPace(bytesPerSecond, realClock(signal));
    const sliceBytes = sliceBytesFor(bytesPerSecond);
    const [tables, content] = await Promise.all([
      readTableContents(readers, snapshot.tables, { ...fingerprint, pace, sliceBytes }),
      readSnapshotContent(session),
    ]);
    return { tables, content };
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
