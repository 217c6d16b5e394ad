/**
 * Carries a restore out: a new database beside the old one, filled, compared, given the old one's properties,
 * analysed, and only then put in its place. The live database is not touched before the swap, and the swap is one
 * transaction. A process may die between any two steps: the phase in the row and the names on the server tell
 * whoever takes over what is still to be done, and everything before the swap may simply be done again.
 */
import pg, { type Client } from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import { openSession } from '../postgres-client/open-session';
import type { Manifest } from '../seal/manifest';
import type { DatabaseNames } from './database-names';
import { createStatement, propertyStatements, type DatabaseProperties } from './database-properties';
import type { FillSettings } from './fill-from-backup';
import { fillFromEither } from './fill-from-either';
import { makeRole } from './made-roles';
import { RestoreError } from './restore-error';
import { dropDatabase, listDatabases, renameDatabase, swapDatabases } from './swap-databases';

export const restorePhases = ['creating', 'restoring', 'comparing', 'settling', 'swapping'] as const;
export type RestorePhase = (typeof restorePhases)[number];

export interface RestoreJob {
  mode: 'swap' | 'into';
  names: DatabaseNames;
  /** Any database of the server. */
  address: ServerAddress;
  manifest: Manifest;
  /** Folder of the backup in the storage. */
  location: string;
  serverMajor: number;
  /** Of the database that is replaced, or of the one that was dumped; undefined where neither is known. */
  properties: DatabaseProperties | undefined;
  /** Roles that the dump needs and the server lacks. */
  rolesToMake: readonly string[];
  /** How far an attempt that died had come. */
  reached: string | null;
  /** Says that a phase begins; throws when the work is no longer ours. */
  enterPhase(phase: RestorePhase): Promise<void>;
  /** Told that the second copy is read, and what is wrong with the first. */
  onFallback(problem: string): Promise<void>;
  /** Told how many bytes of the dump the new database was given. */
  onBytes(restoredBytes: number): void;
  signal: AbortSignal;
}

/** Restores; throws what stopped it, and then the live database is as it was. */
export async function restoreDatabase(
  session: Client,
  job: RestoreJob,
  settings: FillSettings,
): Promise<void> {
  if (await isInPlace(session, job)) return;
  const filled = job.reached === 'swapping' && (await exists(session, job.names.beside));
  if (!filled) await fillBeside(session, job, settings);
  await job.enterPhase('swapping');
  const { live, beside, kept } = job.names;
  if (job.mode === 'swap') await swapDatabases(session, { live, incoming: beside, aside: kept });
  else await renameDatabase(session, beside, live);
}

/** Whether an attempt that died had already put the new database in its place. */
async function isInPlace(session: Client, { mode, names, reached }: RestoreJob): Promise<boolean> {
  if (reached !== 'swapping') return false;
  const there = await listDatabases(session, [names.live, names.beside, names.kept]);
  if (there.has(names.beside) || !there.has(names.live)) return false;
  return mode === 'into' || there.has(names.kept);
}

async function exists(session: Client, name: string): Promise<boolean> {
  return (await listDatabases(session, [name])).has(name);
}

async function fillBeside(session: Client, job: RestoreJob, settings: FillSettings): Promise<void> {
  const { names, signal, properties } = job;
  await job.enterPhase('creating');
  for (const role of job.rolesToMake) await makeRole(session, role, names.beside);
  await makeEmpty(session, job);
  await job.enterPhase('restoring');
  const address = { ...job.address, database: names.beside };
  const onRestored = () => job.enterPhase('comparing');
  const emptyAgain = async () => {
    await makeEmpty(session, job);
    await job.enterPhase('restoring');
  };
  const result = await fillFromEither({ ...job, address, onRestored, emptyAgain }, settings);
  if ('reason' in result) throw new RestoreError(reasons[result.verdict], result.reason);
  await job.enterPhase('settling');
  if (properties)
    for (const statement of propertyStatements(names.beside, properties)) await session.query(statement);
  await settle(address, signal);
}

async function makeEmpty(session: Client, job: RestoreJob): Promise<void> {
  const { names, properties, manifest } = job;
  await dropDatabase(session, names.beside, job.address);
  await session.query(
    properties ? createStatement(names.beside, properties) : createFromManifest(names.beside, manifest),
  );
}

const reasons = {
  CORRUPT: 'corrupt',
  CONTENT_DIFFERS: 'content_differs',
  CANNOT_VERIFY_HERE: 'restore_failed',
} as const;

/** What is written from now on is what an undo would lose: the counters begin at nothing. */
async function settle(address: ServerAddress, signal: AbortSignal): Promise<void> {
  const inside = await openSession(address, signal);
  try {
    await inside.query('SELECT pg_stat_reset()').catch(ignoreMissingRight);
    await inside.query('ANALYZE');
  } finally {
    await inside.end().catch(() => undefined);
  }
}

function ignoreMissingRight(error: Error & { code?: unknown }): void {
  if (error.code !== '42501') throw error;
}

/** Without a database to take after, the locale is the one that every server and every encoding knows. */
function createFromManifest(name: string, manifest: Manifest): string {
  const encoding = pg.escapeLiteral(manifest.source.encoding);
  return `CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0 ENCODING ${encoding} LC_COLLATE 'C' LC_CTYPE 'C'`;
}
