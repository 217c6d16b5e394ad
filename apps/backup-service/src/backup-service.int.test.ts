import { readdir } from 'node:fs/promises';
import { createTestDatabase, freePort, startTestPostgres, waitUntil, type TestDatabase } from '@swfx/testkit';
import { register } from 'prom-client';
import { createProgram } from './operator/create-program';
import { makeOddPrograms } from './testing/odd-programs';
import { runCommand } from './testing/run-command';
import {
  prepareGround,
  targets,
  unproven,
  type TestGround,
  type TestService,
} from './testing/start-test-service';

describe('the backup service', () => {
  let ground: TestGround;
  let source: TestDatabase;
  const services: TestService[] = [];

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 1000)');
  });
  afterAll(() => source.drop());
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.stop()));
    await ground.drop();
  });
  const start = async (settings: Record<string, string> = {}) => {
    const service = await ground.start({ BACKUP_TARGETS: targets(source.url), ...settings });
    services.push(service);
    return service;
  };
  const folders = () => readdir(`${ground.backupDir}/platform`);

  it('shows every metric of the contract from the first scrape, and then what happened', async () => {
    ground = await prepareGround();
    const service = await start();
    expect(await service.metric('db_backup_total{env="test"}')).toBe(0);
    expect(await service.metric('db_backup_failed_total{env="test"}')).toBe(0);
    expect(await service.metric('db_backup_duration_seconds_count{env="test"}')).toBe(0);
    expect(await service.metric('db_backup_size_bytes_count{env="test"}')).toBe(0);
    expect(await service.metric('db_backup_last_success_timestamp_seconds{database="platform"}')).toBe(0);
    expect(await service.metric('db_backup_last_proven_timestamp_seconds{database="platform"}')).toBe(0);
    expect(await service.metric('db_backup_verdict{database="platform",verdict="PROVEN"}')).toBe(0);
    expect(await service.metric('celery_workers_active')).toBe(4);

    const id = await ground.request();
    const backup = await ground.judged(id);
    await waitUntil(
      async () => (await service.metric('db_backup_last_proven_timestamp_seconds{database="platform"}')) > 0,
    );
    expect(await service.metric('db_backup_total{env="test"}')).toBe(1);
    expect(await service.metric('db_backup_size_bytes_sum{env="test"}')).toBe(Number(backup.size_bytes));
    expect(await service.metric('db_backup_verdict{database="platform",verdict="PROVEN"}')).toBe(1);
    expect(await service.metric('db_backup_proof_duration_seconds_count{env="test"}')).toBe(1);
    expect(await service.metric('db_backup_next_run_timestamp_seconds{database="platform"}')).toBeGreaterThan(
      0,
    );
    expect(await service.metric('db_backup_copy_lag_seconds{database="platform"}')).toBe(0);
    expect(await service.metric('backup_storage_up{storage="local"}')).toBe(1);
    await waitUntil(
      async () =>
        (await service.metric('backup_storage_used_bytes{storage="local"}')) > Number(backup.size_bytes),
    );
    expect(await service.metric('backup_storage_free_bytes{storage="local"}')).toBeGreaterThan(0);
    expect(await service.metric('celery_task_total{task_name="db_backup_proof",status="success"}')).toBe(1);

    const { rows } = await ground.ops.pool.query(
      `SELECT (record::json ->> 'size_bytes')::bigint AS size FROM audit_event WHERE action = 'db_backup_succeeded'`,
    );
    expect(rows).toEqual([{ size: backup.size_bytes }]);
    await waitUntil(async () => (await service.get('/readyz')).status === 200);
    expect(await (await service.get('/health')).json()).toMatchObject({
      status: 'healthy',
      checks: { database: 'healthy', redis: 'healthy', celery: 'healthy' },
    });
  });

  it('takes a scheduled backup while Redis is down, and one only though two services run', async () => {
    ground = await prepareGround({ redisUrl: `redis://127.0.0.1:${await freePort()}` });
    await start();
    await start();
    const due = async () =>
      (
        await ground.ops.pool.query(
          `UPDATE task_schedule SET next_run_at = now() WHERE name = 'db_backup:platform'`,
        )
      ).rowCount;
    await waitUntil(due);
    const { id } = await waitUntil(
      async () =>
        (await ground.ops.pool.query('SELECT id FROM backup_run')).rows[0] as { id: string } | undefined,
    );
    await ground.ended(id);
    expect(await ground.auditActions(id)).toEqual(
      expect.arrayContaining(['db_backup_started', 'db_backup_succeeded']),
    );
    await ground.judged(id);
    const { rows } = await ground.ops.pool.query('SELECT requested_by, attempt FROM backup_run');
    expect(rows).toEqual([{ requested_by: 'schedule', attempt: 1 }]);
    expect(await folders()).toHaveLength(1);
    const next = await ground.ops.pool.query(`SELECT next_run_at > now() AS later FROM task_schedule`);
    expect(next.rows).toEqual([{ later: true }]);
  });

  it('waits its turn, and counts no failure, while another runner has the database by another name', async () => {
    ground = await prepareGround();
    const service = await start(unproven);
    const lock = `backup:${(await source.pool.query<{ id: string }>('SELECT system_identifier::text AS id FROM pg_control_system()')).rows[0]?.id}:${source.name}`;
    const holder = await ground.ops.pool.connect();
    await holder.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', [lock]);
    const id = await ground.request();
    const run = async () =>
      (await ground.ops.pool.query('SELECT * FROM backup_run WHERE id = $1', [id])).rows[0];
    await waitUntil(async () => (await run()).error === 'another backup of this very database is under way');
    await holder.query('SELECT pg_advisory_unlock_all()');
    holder.release();
    expect(await ground.ended(id)).toMatchObject({ state: 'succeeded', failures: 0 });
    expect(await service.metric('db_backup_total{env="test"}')).toBe(1);
  });

  it('starts with everything down, says what it waits for, and works when Postgres is there', async () => {
    const opsServer = await startTestPostgres();
    await opsServer.stop();
    ground = await prepareGround();
    const service = await start({ DATABASE_URL: opsServer.url() });
    const ready = async () => (await service.get('/readyz')).status;
    await waitUntil(async () =>
      (await (await service.get('/readyz')).text()).includes('the ops database does not answer'),
    );
    expect(await ready()).toBe(503);
    expect(await (await service.get('/health')).json()).toMatchObject({ checks: { database: 'unhealthy' } });
    expect(await service.metric('db_backup_last_success_timestamp_seconds{database="platform"}')).toBe(0);
    await opsServer.start();
    await waitUntil(async () => (await ready()) === 200);
    await Promise.all(services.splice(0).map((one) => one.stop()));
    await opsServer.drop();
  });

  describe('through its commands', () => {
    let operator: Record<string, string>;
    const swfx = (...args: string[]) => runCommand(operator, ...args);
    const known = async () => {
      operator = await ground.environment('swfx_operator');
      await waitUntil(async () => (await ground.ops.pool.query(`SELECT 1 FROM task_schedule`)).rowCount);
    };

    it('takes a backup, says how it goes, lists it and shows it in full', async () => {
      ground = await prepareGround();
      await start();
      await known();
      const run = await swfx('run', '--json');
      const report = JSON.parse(run.out) as { id: string };
      expect(run).toMatchObject({ exitCode: 0, err: expect.stringContaining('platform: ') });
      expect(report).toMatchObject({ database: 'platform', state: 'succeeded', attempt: 1 });
      await ground.judged(report.id);
      expect(JSON.parse((await swfx('list', '--json')).out)).toMatchObject([
        { id: report.id, verdict: 'PROVEN', tables: 1, rows: 1000 },
      ]);
      expect((await swfx('list')).out).toMatch(/platform .*succeeded +PROVEN/);
      const shown = await swfx('show', report.id.slice(0, 8));
      expect(shown.out).toMatch(/verdict +PROVEN \(level full/);
      expect(shown.out).toMatch(/public\.a +1000/);
      expect(await ground.auditActions(report.id)).toContain('sensitive_operation_performed');
    });

    it('says why a backup failed, with an exit code', async () => {
      ground = await prepareGround();
      const odd = await makeOddPrograms(ground.folder, `echo 'pg_dump: error: no luck' >&2; exit 1`);
      await start({ PATH: odd.path, BACKUP_MAX_ATTEMPTS: '2' });
      await known();
      const run = await swfx('run', 'platform');
      expect(run.exitCode).toBe(1);
      expect(run.out).toMatch(/failed after 2 attempts \(dump_failed\): pg_dump failed with code 1: no luck/);
      expect(
        (await swfx('show', JSON.parse((await swfx('list', '--json')).out)[0].id as string)).out,
      ).toContain('no luck');
    });

    it('names the databases that there are', async () => {
      ground = await prepareGround();
      await start();
      await known();
      register.clear();
      const program = createProgram(operator);
      program.commands.forEach((group) => group.commands.forEach((command) => command.exitOverride()));
      const err = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
      await expect(program.parseAsync(['node', 'swfx', 'backup', 'run', 'nonsense'])).rejects.toThrow(
        'nonsense is not a backup target; these are: platform.',
      );
      err.mockRestore();
    });
  });
});
