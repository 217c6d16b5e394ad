/**
 * Puts one database in the place of another. Both renames are one transaction: there is never a moment without a
 * database of the live name, nor one with two. Only between the closing of the live one and that transaction, some
 * milliseconds, is nobody let in; a swap that fails opens it again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg, { type Client } from 'pg';
import type { ServerAddress } from '../postgres-client/server-address';
import { dropSubscriptions } from './drop-subscriptions';

const identifier = (name: string) => pg.escapeIdentifier(name);
const objectInUse = '55006';
const attempts = 5;

/** What is called `live` becomes `aside`, and `incoming` becomes `live`; `aside` lets nobody in. */
export async function swapDatabases(
  session: Client,
  names: { live: string; incoming: string; aside: string },
): Promise<void> {
  const { live, incoming, aside } = names;
  try {
    await allowConnections(session, live, false);
    await retryWhileInUse(session, [live, incoming], async () => {
      await session.query('BEGIN');
      await session.query(`ALTER DATABASE ${identifier(live)} RENAME TO ${identifier(aside)}`);
      await session.query(`ALTER DATABASE ${identifier(incoming)} RENAME TO ${identifier(live)}`);
      await allowConnections(session, live, true);
      await session.query('COMMIT');
    });
  } catch (error) {
    await openAgain(session, live);
    throw error;
  }
}

/** Gives a new database its name. */
export async function renameDatabase(session: Client, from: string, to: string): Promise<void> {
  await retryWhileInUse(session, [from], () =>
    session.query(`ALTER DATABASE ${identifier(from)} RENAME TO ${identifier(to)}`),
  );
}

/** Drops a database if it is there, whoever is connected; given how it is reached, its subscriptions do not save it. */
export async function dropDatabase(session: Client, name: string, address?: ServerAddress): Promise<void> {
  if (address) await dropSubscriptions(session, { ...address, database: name });
  // An autovacuum worker, or a session that has not heard yet, may hold it for a moment longer.
  await retryWhileInUse(session, [name], () =>
    session.query(`DROP DATABASE IF EXISTS ${identifier(name)} WITH (FORCE)`),
  );
}

/** Which of these databases there are. */
export async function listDatabases(session: Client, names: readonly string[]): Promise<Set<string>> {
  const { rows } = await session.query<{ name: string }>(
    'SELECT datname::text AS name FROM pg_database WHERE datname = ANY ($1)',
    [names],
  );
  return new Set(rows.map((row) => row.name));
}

/** Lets people in again after a swap that came to nothing; a live database that is gone says nothing. */
export async function openAgain(session: Client, live: string): Promise<void> {
  await session.query('ROLLBACK').catch(() => undefined);
  await allowConnections(session, live, true).catch(() => undefined);
}

async function allowConnections(session: Client, name: string, allowed: boolean): Promise<void> {
  await session.query(`ALTER DATABASE ${identifier(name)} ALLOW_CONNECTIONS ${allowed}`);
}

/** Ends the sessions and tries; those that end slowly are ended again. */
async function retryWhileInUse(
  session: Client,
  names: readonly string[],
  work: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    await session.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY ($1) AND pid <> pg_backend_pid()',
      [names],
    );
    try {
      await work();
      return;
    } catch (error) {
      await session.query('ROLLBACK');
      if ((error as { code?: unknown }).code !== objectInUse || attempt === attempts) throw error;
      await sleep(200);
    }
  }
}
