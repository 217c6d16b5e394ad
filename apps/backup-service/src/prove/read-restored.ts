import type { Client } from 'pg';
import { readSnapshotContent, type SnapshotContent } from '../capture/capture-content';
import { listTables } from '../capture/list-tables';
import { readSequences, type SequencePosition } from '../capture/read-sequences';
import { readTableContents, type Fingerprint, type TableContent } from '../capture/sum-tables';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';
import { readDatabaseProperties } from '../restore/database-properties';
import { manifestProperties, type Manifest } from '../seal/manifest';

/** A restored database, to be compared with a manifest. */
export interface RestoredContent {
  tables: TableContent[];
  /** Undefined at level `rows`. */
  content: (SnapshotContent & { sequences: SequencePosition[] }) | undefined;
  /** Left out where the database is meant to have other ones than the dumped one had. */
  properties?: Manifest['source']['properties'] | undefined;
}

/** Two, since the machines that prove have that many cores at least. */
const sessions = 2;

/** Reads a database that nobody writes to, as far as its backup can be compared. */
export async function readRestored(
  address: ServerAddress,
  fingerprint: Fingerprint,
  signal: AbortSignal,
): Promise<RestoredContent> {
  const readers = await Promise.all(Array.from({ length: sessions }, () => openSession(address, signal)));
  try {
    return await readThrough(readers, address.database, fingerprint);
  } finally {
    await Promise.all(readers.map((reader) => reader.end().catch(() => undefined)));
  }
}

/** The same through sessions that are open already. */
export async function readThrough(
  readers: readonly Client[],
  database: string,
  fingerprint: Fingerprint,
): Promise<RestoredContent> {
  const [session] = readers as readonly [Client];
  const tables = await readTableContents(readers, await listTables(session), fingerprint);
  if (fingerprint.level === 'rows') return { tables, content: undefined };
  const sequences = await readSequences(session);
  const properties = await readDatabaseProperties(session, database);
  const content = await readSnapshotContent(session);
  return {
    tables,
    content: { ...content, sequences },
    properties: properties && manifestProperties(properties),
  };
}
