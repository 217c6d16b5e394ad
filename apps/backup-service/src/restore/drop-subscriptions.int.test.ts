import { createTestDatabase } from '@swfx/testkit';
import { Client } from 'pg';
import { parseServerAddress } from '../postgres-client/server-address';
import { dropDatabase, listDatabases } from './swap-databases';

it('a database that stands aside is dropped though it has a subscription, which Postgres refuses', async () => {
  const source = await createTestDatabase({ migrate: false });
  const session = new Client({
    connectionString: Object.assign(new URL(source.url), { pathname: '/postgres' }).href,
  });
  await session.connect();
  try {
    await source.pool.query(
      `CREATE SUBSCRIPTION "odd ""one""" CONNECTION 'host=192.0.2.1 dbname=x' PUBLICATION p WITH (connect = false)`,
    );
    await session.query(`ALTER DATABASE ${source.name} ALLOW_CONNECTIONS false`);
    await expect(dropDatabase(session, source.name)).rejects.toThrow('subscription');
    const parsed = parseServerAddress(source.url);
    if (!parsed.ok) throw new Error(parsed.problem);
    await dropDatabase(session, source.name, parsed.address);
    expect(await listDatabases(session, [source.name])).toEqual(new Set());
  } finally {
    await session.end();
    await source.drop();
  }
});
