import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { listTargets } from './catalogue/targets';
import { removeUnnamed } from './schedule/keep-targets';
import { openTestWork } from './testing/open-test-work';
import {
  prepareGround,
  targets,
  unproven,
  type TestGround,
  type TestService,
} from './testing/start-test-service';

describe('several databases, each with its own schedule', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 100)');
    ground = await prepareGround();
    service = await ground.start({
      BACKUP_TARGETS: JSON.stringify([
        { name: 'held', url: source.url, blackouts: ['00:00-24:00'], retention: { daily: 14 } },
        {
          name: 'berlin',
          url: source.url,
          cron: '30 3 * * *',
          timezone: 'Europe/Berlin',
          jitterSeconds: 600,
        },
      ]),
      BACKUP_RETENTION_DAYS: '3',
      ...unproven,
    });
  });
  afterAll(async () => {
    await service.stop();
    await source.drop();
    await ground.drop();
  });
  const schedules = () =>
    waitUntil(async () => {
      const { rows } = await ground.ops.pool.query<{ name: string; cron: string; late: boolean }>(
        `SELECT name, cron, next_run_at <= now() AS late FROM task_schedule WHERE name ~ '^db_backup:' ORDER BY name`,
      );
      return rows.length === 2 && rows;
    });

  it('enters what each is to do, over what holds for all', async () => {
    expect(await schedules()).toEqual([
      { name: 'db_backup:berlin', cron: 'CRON_TZ=Europe/Berlin 30 3 * * *', late: false },
      { name: 'db_backup:held', cron: '0 2 * * *', late: false },
    ]);
    const { rows } = await ground.ops.pool.query('SELECT database, retention FROM backup_target ORDER BY 1');
    expect(rows).toEqual([
      { database: 'berlin', retention: { withinDays: 3, daily: 0, weekly: 0, monthly: 0 } },
      { database: 'held', retention: { withinDays: 3, daily: 14, weekly: 0, monthly: 0 } },
    ]);
  });

  it('catches a missed tick up once, and holds one back that comes in a blackout without losing it', async () => {
    await schedules();
    await ground.ops.pool.query(`UPDATE task_schedule SET next_run_at = now() - interval '5 days'`);
    const { id } = await waitUntil(
      async () => (await ground.ops.pool.query<{ id: string }>('SELECT id FROM backup_run')).rows[0],
    );
    await ground.ended(id);
    const { rows } = await ground.ops.pool.query('SELECT database, requested_by FROM backup_run');
    expect(rows).toEqual([{ database: 'berlin', requested_by: 'schedule' }]);
    expect((await schedules()).map(({ late }) => late)).toEqual([false, true]);
  });

  it('removes a database that no service is configured with any more, and not before nobody has had it for long', async () => {
    await schedules();
    const { pool } = ground.ops;
    await pool.query(`
      INSERT INTO backup_target (database, schedule, retention, named_until)
        VALUES ('renamed', '{}', '{}', now() - interval '1 hour'), ('elsewhere', '{}', '{}', now() - interval '1 min');
      INSERT INTO task_schedule (name, service, cron, next_run_at)
        VALUES ('db_backup:renamed', 'backup-service', '0 2 * * *', now()), ('db_backup:elsewhere', 'backup-service', '0 2 * * *', now());
      INSERT INTO backup_run (database, requested_by) VALUES ('renamed', 'schedule')`);
    expect((await listTargets(pool)).filter(({ served }) => served).map(({ database }) => database)).toEqual([
      'berlin',
      'held',
    ]);
    const opened = await openTestWork(ground, { targets: targets(source.url), metrics: [] });
    await removeUnnamed(opened.work, ['berlin', 'held'], 600);
    await removeUnnamed(opened.work, ['berlin', 'held'], 600);
    await opened.close();
    const names = async (sql: string) =>
      (await pool.query<{ name: string }>(sql)).rows.map(({ name }) => name);
    expect(await names(`SELECT name FROM task_schedule WHERE name ~ 'renamed|elsewhere'`)).toEqual([
      'db_backup:elsewhere',
    ]);
    expect(await names(`SELECT state AS name FROM backup_run WHERE database = 'renamed'`)).toEqual([
      'cancelled',
    ]);
    expect((await listTargets(pool)).map(({ database }) => database)).toEqual([
      'berlin',
      'elsewhere',
      'held',
    ]);
    expect(await ground.auditActions('renamed')).toEqual(['backup_target_removed']);
    expect(await names(`SELECT incident AS name FROM alert WHERE status = 'resolved' ORDER BY 1`)).toEqual(
      expect.arrayContaining(['backup:renamed', 'backup-proof:renamed', 'backup-retention:renamed']),
    );
    await pool.query(`DELETE FROM backup_target WHERE database IN ('renamed', 'elsewhere');
      DELETE FROM task_schedule WHERE name = 'db_backup:elsewhere'`);
  });

  it('says when a backup is unlike the last ones, and counts it as the success that it is', async () => {
    for (let n = 0; n < 2; n += 1) await ground.ended(await ground.request('berlin'));
    await source.pool.query('DELETE FROM a');
    const id = await ground.request('berlin');
    expect(await ground.ended(id)).toMatchObject({ state: 'succeeded' });
    const alert = await waitUntil(
      async () => (await ground.ops.pool.query(`SELECT * FROM alert WHERE kind = 'backup_unusual'`)).rows[0],
    );
    expect(alert).toMatchObject({
      severity: 'warning',
      error: expect.stringContaining('public.a has no rows any more, and had 100 the last time'),
    });
  });
});

test('proofs are made by a schedule where they are not made after each backup', async () => {
  const source = await createTestDatabase({ migrate: false });
  const ground = await prepareGround();
  const service = await ground.start({
    BACKUP_TARGETS: targets(source.url),
    ...unproven,
  });
  const ids = [await ground.request(), ''];
  await ground.ended(ids[0] as string);
  ids[1] = await ground.request();
  await ground.ended(ids[1]);
  const verdicts = async () =>
    (
      await ground.ops.pool.query<{ verdict: string }>('SELECT verdict FROM backup ORDER BY taken_at')
    ).rows.map(({ verdict }) => verdict);
  expect(await verdicts()).toEqual(['NOT_YET', 'NOT_YET']);
  await ground.ops.pool.query(`UPDATE task_schedule SET next_run_at = now() WHERE name = 'db_backup_proof'`);
  expect(await ground.judged(ids[1])).toMatchObject({ verdict: 'PROVEN' });
  expect(await verdicts()).toEqual(['NOT_YET', 'PROVEN']);
  await service.stop();
  await source.drop();
  await ground.drop();
});
