import { createTestDatabase } from '@swfx/testkit';
import { Client } from 'pg';
import { loadSamplePlatform } from './load-sample-platform';
import { readPlatformContent } from './platform-content';

/** The content of every load, on every machine. A change of the generating SQL changes it on purpose. */
const contentHash = 'a65efaa556296732ea61f85ff471b31c3b3e717a9c94be1e3a9565cdfcb2fa5b';
const rows = {
  users: 2_000,
  tokens: 40,
  wallets: 4_000,
  price_points: 60_000,
  positions: 10_000,
  transactions: 200_000,
};

type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;

describe('loadSamplePlatform', () => {
  let database: TestDatabase;
  const load = () => loadSamplePlatform({ databaseUrl: database.url });
  beforeEach(async () => {
    database = await createTestDatabase({ migrate: false });
  });
  afterEach(() => database.drop());

  it('loads once, also when two start at the same time, and again when other SQL made the rows', async () => {
    const results = await Promise.all([load(), load()]);
    expect(results.map((result) => result.loaded).sort()).toEqual([false, true]);
    expect(await load()).toEqual({ loaded: false, contentHash, rows });
    await database.pool.query(`UPDATE sample_load SET source_sha256 = 'an earlier version'`);
    await database.pool.query('DELETE FROM positions');
    expect(await load()).toEqual({ loaded: true, contentHash, rows });
  });

  it('gives the same content after a load that was killed and under other settings, and sees one change', async () => {
    await changeSettings(database);
    await expect(loadAndBeKilled(database)).rejects.toThrow();
    expect(await load()).toEqual({ loaded: true, contentHash, rows });
    await database.pool.query('UPDATE transactions SET quantity = quantity + 1e-18 WHERE id = 77');
    const changed = await readContentOf(database.url);
    expect(changed.rows).toEqual(rows);
    expect(changed.contentHash).not.toBe(contentHash);
  });
});

/** The ways in which a server's settings could change how a value is written. */
async function changeSettings({ pool }: TestDatabase): Promise<void> {
  await pool.query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET TimeZone = ''Asia/Tokyo''', current_database());
    EXECUTE format('ALTER DATABASE %I SET DateStyle = ''German''', current_database());
    EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database());
  END $$`);
}

function loadAndBeKilled({ url, pool }: TestDatabase): Promise<unknown> {
  const onProgress = (step: string) => {
    if (step === 'transactions') void killLoader(pool);
  };
  return loadSamplePlatform({ databaseUrl: url, onProgress });
}

async function killLoader(pool: TestDatabase['pool']): Promise<void> {
  await pool.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'sample-platform-load' AND datname = current_database()`);
}

async function readContentOf(databaseUrl: string) {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return await readPlatformContent(client);
  } finally {
    await client.end();
  }
}
