import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { Client, type Pool } from 'pg';
import { restoreGround } from './testing/restore-ground';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';

describe('a restore', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;
  let backupId: string;
  const restores = restoreGround(() => ground);

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query(`
      CREATE TABLE orders (id int PRIMARY KEY, what text);
      INSERT INTO orders SELECT i, 'order ' || i FROM generate_series(1, 1000) i;
      COMMENT ON DATABASE ${source.name} IS 'the shop''s own';
      ALTER DATABASE ${source.name} SET search_path TO "Süd Ost", public;
      ALTER DATABASE ${source.name} SET app.greeting TO 'it''s, "fine"';
      ALTER DATABASE ${source.name} CONNECTION LIMIT 50;
      REVOKE TEMPORARY ON DATABASE ${source.name} FROM PUBLIC;
      GRANT CREATE ON DATABASE ${source.name} TO pg_monitor WITH GRANT OPTION`);
    ground = await prepareGround();
    service = await ground.start({ BACKUP_TARGETS: targets(source.url) });
    backupId = await ground.request();
    await ground.judged(backupId);
  });
  afterAll(async () => {
    await service.stop();
    await onServer((server) => dropAll(server, source.name));
    await source.drop();
    await ground.drop();
  });

  const orders = async () => Number((await query('SELECT count(*) AS n FROM public.orders')).rows[0]?.['n']);
  const query = (sql: string) => retried(source.pool, sql);
  const alerts = async () =>
    (
      await ground.ops.pool.query(
        `SELECT kind, error FROM alert WHERE status = 'firing' ORDER BY accepted_at`,
      )
    ).rows;
  const databases = () =>
    onServer(async (server) =>
      (await server.query('SELECT datname FROM pg_database')).rows.map((row) => row.datname as string),
    );
  const properties = () =>
    onServer(
      async (server) =>
        (
          await server.query(
            `SELECT datacl::text, datconnlimit, datcollate, encoding, pg_get_userbyid(datdba) AS owner,
                  shobj_description(oid, 'pg_database') AS comment, datallowconn,
                  (SELECT array_agg(c ORDER BY c) FROM pg_db_role_setting, unnest(setconfig) c WHERE setdatabase = d.oid) AS settings
           FROM pg_database d WHERE datname = $1`,
            [source.name],
          )
        ).rows[0],
    );

  it('takes the place of the database in one step, keeps the old one, and gives it back', async () => {
    const before = await properties();
    await query(`DELETE FROM public.orders WHERE id > 10`);
    const plan = await restores.plan(backupId);
    expect(plan).toMatchObject({
      state: 'planned',
      plan: { decision: 'go', obstacles: [] },
      live_name: source.name,
    });
    expect(plan.plan.steps).toContain(`ALTER DATABASE "${plan.beside_name}" RENAME TO "${source.name}"`);
    expect(await orders()).toBe(10);

    const restored = await restores.step(plan.id, 'restore');
    expect(restored).toMatchObject({ state: 'restored', error: null });
    expect(restored.restore_seconds).toBeGreaterThan(0);
    expect(await orders()).toBe(1000);
    expect(await properties()).toEqual(before);
    expect(await databases()).toContain(plan.kept_name);
    expect(await service.metric('db_restore_total{outcome="succeeded"}')).toBe(1);
    expect(await ground.auditActions(plan.id)).toEqual(['db_restore_started', 'db_restore_succeeded']);

    await query(
      `INSERT INTO public.orders SELECT i, 'new' FROM generate_series(2001, 2007) i; DELETE FROM public.orders WHERE id <= 2`,
    );
    const undo = await waitUntil(async () => {
      const planned = await restores.step(plan.id, 'plan_undo');
      return planned.undo_plan?.writes.length && planned;
    });
    expect(undo.undo_plan).toMatchObject({
      decision: 'go',
      writes: [{ table: 'public.orders', inserted: 7, updated: 0, deleted: 2 }],
      notes: expect.arrayContaining(['9 rows written since the swap stay behind, in 1 tables']),
    });
    expect(await orders()).toBe(1005);
    const undone = await restores.step(plan.id, 'undo');
    expect(undone).toMatchObject({ state: 'undone', error: null });
    expect(await orders()).toBe(10);
    expect(await properties()).toEqual(before);
    expect(await ground.auditActions(plan.id)).toContain('db_restore_undone');
    expect(await service.metric('db_restore_total{outcome="undone"}')).toBe(1);

    // The restored database, with what was written to it, stays until its time is over; then it is dropped.
    expect(await databases()).toContain(plan.beside_name);
    await ground.ops.pool.query(`UPDATE db_restore SET keep_until = now() - interval '1 s' WHERE id = $1`, [
      plan.id,
    ]);
    await waitUntil(async () => (await restores.row(plan.id)).dropped_at);
    expect(await databases()).not.toContain(plan.beside_name);
    expect(await orders()).toBe(10);
    expect(await alerts()).toEqual([]);
  });

  it('refuses what a swap would break, by name, and does it when told to', async () => {
    await query(
      `CREATE SUBSCRIPTION from_elsewhere CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)`,
    );
    const refused = await restores.plan(backupId);
    expect(refused).toMatchObject({ state: 'refused', plan: { obstacles: [{ kind: 'subscriptions' }] } });
    expect(refused.plan.obstacles[0]?.sentence).toContain('from_elsewhere');
    expect(await restores.plan(backupId, { accepted: ['subscriptions'] })).toMatchObject({
      state: 'planned',
    });
    await query(`ALTER SUBSCRIPTION from_elsewhere SET (slot_name = NONE); DROP SUBSCRIPTION from_elsewhere`);
  });

  it('looks again before it begins: what came after the plan stops it, and people hear of it', async () => {
    const plan = await restores.plan(backupId);
    await query(`CREATE SUBSCRIPTION late CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)`);
    const failed = await restores.step(plan.id, 'restore');
    expect(failed).toMatchObject({
      state: 'failed',
      reason: 'refused',
      error: expect.stringContaining('late'),
    });
    expect(await orders()).toBe(10);
    expect(await alerts()).toEqual([{ kind: 'restore_failed', error: failed.error }]);
    await query(`ALTER SUBSCRIPTION late SET (slot_name = NONE); DROP SUBSCRIPTION late`);
  });

  it('makes a database of another name, beside the one that is there', async () => {
    const name = `${source.name} "trial" ü`;
    const plan = await restores.plan(backupId, { into: name });
    expect(plan).toMatchObject({ state: 'planned' });
    expect(await restores.step(plan.id, 'restore')).toMatchObject({ state: 'restored', keep_until: null });
    expect(await databases()).toContain(name);
    expect(await orders()).toBe(10);
    expect(await restores.plan(backupId, { into: name })).toMatchObject({
      state: 'refused',
      plan: { obstacles: [{ kind: 'database_exists' }] },
    });
    await onServer((server) => server.query(`DROP DATABASE ${server.escapeIdentifier(name)}`));
  });

  it('leaves the live database as it was, and nothing beside it, when the backup turns out to be spoiled', async () => {
    const plan = await restores.plan(backupId);
    await ground.ops.pool.query(
      `UPDATE backup SET manifest = replace(manifest::text, '"rows":1000', '"rows":999')::json WHERE id = $1`,
      [backupId],
    );
    const failed = await restores.step(plan.id, 'restore');
    expect(failed).toMatchObject({ state: 'failed', reason: 'content_differs' });
    expect(await orders()).toBe(10);
    expect(await databases()).not.toContain(plan.beside_name);
    expect(await ground.auditActions(plan.id)).toEqual(['db_restore_started', 'db_restore_failed']);
    await ground.ops.pool.query(
      `UPDATE backup SET manifest = replace(manifest::text, '"rows":999', '"rows":1000')::json WHERE id = $1`,
      [backupId],
    );
  });
});

it('never swaps the ops database, and says why', async () => {
  const ground = await prepareGround();
  const service = await ground.start({ BACKUP_TARGETS: targets(ground.ops.url) });
  try {
    const backupId = await ground.request();
    await ground.ended(backupId);
    const plan = await restoreGround(() => ground).plan(backupId, { accepted: ['not_proven'] });
    expect(plan).toMatchObject({ state: 'refused' });
    expect(plan.plan.obstacles).toEqual([
      expect.objectContaining({ kind: 'ops_database', sentence: expect.stringContaining('ledger') }),
    ]);
  } finally {
    await service.stop();
    await ground.drop();
  }
});

/** A swap ends the sessions of a pool; the statement that meets one is sent again, as an application would. */
function retried(pool: Pool, sql: string): Promise<{ rows: Record<string, unknown>[] }> {
  return waitUntil(() =>
    pool.query(sql).catch((error: Error & { code?: string }) => {
      if (!['57P01', '08006', 'ECONNRESET'].includes(String(error.code)) && !/terminated/.test(error.message))
        throw error;
      return undefined;
    }),
  );
}

async function onServer<T>(work: (server: Client) => Promise<T>): Promise<T> {
  const url = Object.assign(new URL(process.env['SWFX_TEST_POSTGRES_URL'] as string), {
    pathname: '/postgres',
  });
  const server = new Client({ connectionString: url.href });
  await server.connect();
  try {
    return await work(server);
  } finally {
    await server.end();
  }
}

/** What restores have set aside is the server's, and would outlive the test. */
async function dropAll(server: Client, except: string): Promise<void> {
  const { rows } = await server.query<{ datname: string }>(
    `SELECT datname FROM pg_database WHERE datname ~ '^swfx_(restore|before)_' AND datname <> $1`,
    [except],
  );
  for (const { datname } of rows) await server.query(`DROP DATABASE ${datname} WITH (FORCE)`);
}
