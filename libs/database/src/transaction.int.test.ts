import { randomBytes } from 'node:crypto';
import { Secret } from '@swfx/config';
import { migrate } from './migrate';
import { createPool, type Pool } from './pool';
import { inTransaction, withAdvisoryLock } from './transaction';
import { isDatabaseUnavailable } from './unavailable';

/** This library cannot use the testkit, which stands on it; the run's server is all it needs. */
const server = () => process.env['SWFX_TEST_POSTGRES_URL'] as string;
const name = `test_database_${randomBytes(4).toString('hex')}`;
let admin: Pool;
let pool: Pool;

const open = (url: string) =>
  createPool({ url: new Secret(url), applicationName: 'test', max: 4, onIdleError: () => undefined });
const urlOf = (database: string) => Object.assign(new URL(server()), { pathname: `/${database}` }).href;

beforeAll(async () => {
  admin = open(urlOf('postgres'));
  await admin.query(`CREATE DATABASE ${name} TEMPLATE template0`);
  pool = open(urlOf(name));
});
afterAll(async () => {
  await pool.end();
  await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
  await admin.end();
});

describe('migrate', () => {
  it('applies each migration once, also when several start at the same time', async () => {
    const results = await Promise.all(Array.from({ length: 3 }, () => migrate({ databaseUrl: urlOf(name) })));
    const applied = results.flatMap((result) => result.applied);
    expect(new Set(applied).size).toBe(applied.length);
    expect(applied).toContain('0001_foundation');
    expect((await migrate({ databaseUrl: urlOf(name) })).applied).toEqual([]);
  });
});

describe('inTransaction', () => {
  it('commits what returns and rolls back what throws', async () => {
    await pool.query('CREATE TABLE thing (a int)');
    await inTransaction(pool, (client) => client.query('INSERT INTO thing VALUES (1)'));
    const failing = inTransaction(pool, async (client) => {
      await client.query('INSERT INTO thing VALUES (2)');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect((await pool.query('SELECT a FROM thing')).rows).toEqual([{ a: 1 }]);
  });

  it('loses to others what a process holds that is paused in the middle', async () => {
    await pool.query('CREATE TABLE held (a int)');
    const paused = inTransaction(pool, async (client) => {
      const { rows } = await client.query<object>('SHOW idle_in_transaction_session_timeout');
      expect(rows).toEqual([{ idle_in_transaction_session_timeout: '10s' }]);
      await client.query('LOCK TABLE held');
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 20');
      // Goes on when it has the lock, which is when the one before has lost it.
      await inTransaction(pool, (other) => other.query('INSERT INTO held VALUES (1)'));
      await client.query('INSERT INTO held VALUES (2)');
    });
    expect(await paused.catch(isDatabaseUnavailable)).toBe(true);
    expect((await pool.query('SELECT a FROM held')).rows).toEqual([{ a: 1 }]);
    const usual = await pool.query<object>('SHOW idle_in_transaction_session_timeout');
    expect(usual.rows).toEqual([{ idle_in_transaction_session_timeout: '0' }]);
  });

  it('does not hand a broken connection to the next caller', async () => {
    const broken = inTransaction(pool, async (client) => {
      await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
    });
    await expect(broken).rejects.toThrow();
    expect(await inTransaction(pool, async (client) => (await client.query('SELECT 1 AS one')).rows)).toEqual(
      [{ one: 1 }],
    );
  });
});

describe('withAdvisoryLock', () => {
  it('lets one in and turns the other away at once', async () => {
    const inside = await withAdvisoryLock(pool, 'lock', () =>
      withAdvisoryLock(pool, 'lock', async () => 'second'),
    );
    expect(inside).toBeUndefined();
    expect(await withAdvisoryLock(pool, 'lock', async () => 'later')).toBe('later');
  });
});

describe('isDatabaseUnavailable', () => {
  it('tells a server that is away from one that refuses', async () => {
    const nobody = open('postgres://x:y@127.0.0.1:1/x');
    const away: unknown = await nobody.query('SELECT 1').catch((error: unknown) => error);
    expect(isDatabaseUnavailable(away)).toBe(true);
    await nobody.end();
    const refused: unknown = await pool.query('SELECT * FROM nothing').catch((error: unknown) => error);
    expect(isDatabaseUnavailable(refused)).toBe(false);
    const ended: unknown = await pool
      .query('SELECT pg_terminate_backend(pg_backend_pid())')
      .catch((error: unknown) => error);
    expect(isDatabaseUnavailable(ended)).toBe(true);
  });
});
