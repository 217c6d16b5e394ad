import { Client } from 'pg';
import { createTestDatabase } from './create-test-database';
import type { TestDatabase } from './create-test-database';

const databases: TestDatabase[] = [];
const create = async (options?: { migrate?: boolean }): Promise<TestDatabase> => {
  const database = await createTestDatabase(options);
  databases.push(database);
  return database;
};
afterAll(() => Promise.all(databases.map((database) => database.drop())));

describe('createTestDatabase', () => {
  it('gives each caller a database of its own, also when several ask at once', async () => {
    const [one, two] = await Promise.all([create(), create()]);
    await one.pool.query('create table only_here (id int)');
    const { rows } = await two.pool.query("select to_regclass('only_here') as found");
    expect(rows).toEqual([{ found: null }]);
  });

  it('brings the ops schema, or nothing where none is asked for', async () => {
    const tables =
      "select count(*)::int as count from information_schema.tables where table_schema = 'public'";
    const [migrated, empty] = await Promise.all([create(), create({ migrate: false })]);
    expect((await migrated.pool.query(tables)).rows[0].count).toBeGreaterThan(0);
    expect((await empty.pool.query(tables)).rows[0].count).toBe(0);
  });

  it('logs in as one that has only what a group may do, and removes that login at the end', async () => {
    const database = await create({ migrate: false });
    await database.pool.query('create role swfx_testkit_group');
    const client = new Client({ connectionString: await database.urlAs('swfx_testkit_group') });
    await client.connect();
    const { rows } = await client.query("select pg_has_role('swfx_testkit_group', 'member') as member");
    await expect(client.query('create role other')).rejects.toThrow('permission denied');
    await client.end();
    expect(rows).toEqual([{ member: true }]);
  });
});
