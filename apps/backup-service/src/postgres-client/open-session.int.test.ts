import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { startPooler } from '../testing/start-pooler';
import { openSession } from './open-session';
import { parseServerAddress } from './server-address';

const never = new AbortController().signal;

describe('openSession', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase({ migrate: false });
  });
  afterAll(() => database.drop());
  const addressOf = (url: string) => {
    const parsed = parseServerAddress(url);
    if (!parsed.ok) throw new Error(parsed.problem);
    return parsed.address;
  };

  it('writes values as text in one way, whatever the database has set', async () => {
    await database.pool.query(`ALTER DATABASE ${database.name} SET DateStyle TO 'German';
      ALTER DATABASE ${database.name} SET TimeZone TO 'Asia/Tokyo'; ALTER DATABASE ${database.name} SET bytea_output TO 'escape';
      ALTER DATABASE ${database.name} SET extra_float_digits TO '-5'; ALTER DATABASE ${database.name} SET statement_timeout TO '1s'`);
    const session = await openSession(addressOf(database.url), never);
    const { rows } = await session.query<{ line: string }>(
      `SELECT ROW('2026-02-01 00:00Z'::timestamptz, '\\x00ff'::bytea, 0.1::float8 + 0.2, '1 day 2:00'::interval)::text AS line`,
    );
    expect(rows[0]?.line).toBe('("2026-02-01 00:00:00+00","\\\\x00ff",0.30000000000000004,P1DT2H)');
    const limits = await session.query('SHOW statement_timeout');
    expect(limits.rows).toEqual([{ statement_timeout: '0' }]);
    await session.end();
  });

  it('refuses a connection pooler, which would take the snapshot apart from its session', async () => {
    const address = addressOf(database.url);
    const pooler = await startPooler(address.port);
    const opening = openSession({ ...address, host: '127.0.0.1', port: pooler.port }, never);
    await expect(opening).rejects.toMatchObject({
      reason: 'cannot_connect',
      permanent: true,
      message: `127.0.0.1:${pooler.port} is a connection pooler; give the address of the server itself`,
    });
    await pooler.stop();
  });
});
