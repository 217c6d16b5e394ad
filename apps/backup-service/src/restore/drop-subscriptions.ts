import pg, { type Client } from 'pg';
import { openSession } from '../postgres-client/open-session';
import type { ServerAddress } from '../postgres-client/server-address';

/**
 * Takes the subscriptions out of a database that is to be dropped: with one it cannot be. The publisher hears nothing of
 * it, since the slots there have the names that the same subscriptions have in the database that lives on.
 */
export async function dropSubscriptions(session: Client, address: ServerAddress): Promise<void> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT subname::text AS name FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid WHERE datname = $1`,
    [address.database],
  );
  if (rows.length === 0) return;
  await session.query(`ALTER DATABASE ${pg.escapeIdentifier(address.database)} ALLOW_CONNECTIONS true`);
  const inside = await openSession(address, new AbortController().signal);
  try {
    for (const subscription of rows.map(({ name }) => pg.escapeIdentifier(name))) {
      await inside.query(`ALTER SUBSCRIPTION ${subscription} DISABLE`);
      await inside.query(`ALTER SUBSCRIPTION ${subscription} SET (slot_name = NONE)`);
      await inside.query(`DROP SUBSCRIPTION ${subscription}`);
    }
  } finally {
    await inside.end().catch(() => undefined);
  }
}
