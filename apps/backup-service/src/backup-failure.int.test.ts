import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTestDatabase, freePort, waitUntil, type TestDatabase } from '@swfx/testkit';
import { cancelRun } from './catalogue/backup-runs';
import { makeOddPrograms } from './testing/odd-programs';
import {
  prepareGround,
  targets,
  unproven,
  type TestGround,
  type TestService,
} from './testing/start-test-service';

const hang = 'exec sleep 600';

describe('a backup that goes wrong', () => {
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService | undefined;

  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a (i int); INSERT INTO a SELECT generate_series(1, 20000)');
  });
  afterAll(() => source.drop());
  beforeEach(async () => {
    ground = await prepareGround();
  });
  afterEach(async () => {
    await service?.stop();
    service = undefined;
    await ground.drop();
  });

  const start = async (settings: Record<string, string> = {}) =>
    (service = await ground.start({ BACKUP_TARGETS: targets(source.url), ...unproven, ...settings }));
  const alerts = async () =>
    (
      await ground.ops.pool.query(`SELECT kind, severity, title, error, context FROM alert
         WHERE status = 'firing' ORDER BY id`)
    ).rows;
  const row = async (id: string) =>
    (await ground.ops.pool.query('SELECT * FROM backup_run WHERE id = $1', [id])).rows[0];
  const storedFiles = async () =>
    (await readdir(ground.backupDir, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
  const hasEnded = async (pid: number) =>
    (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')) === '';

  /** Programs that work on a database, found by what they were started with. */
  async function programsAt(database: string): Promise<string[]> {
    const textOf = (file: string) => readFile(file, 'utf8').catch(() => '');
    const found: string[] = [];
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
      if ((await textOf(`/proc/${pid}/environ`)).split('\0').includes(`PGDATABASE=${database}`))
        found.push(await textOf(`/proc/${pid}/cmdline`));
    return found.filter((command) => command !== '');
  }

  it('is tried again, then given up, counted each time, and told to people once', async () => {
    const port = await freePort();
    const running = await start({ BACKUP_TARGETS: targets(`postgres://u:canary@127.0.0.1:${port}/d`) });
    const id = await ground.request();
    expect(await ground.ended(id)).toMatchObject({ state: 'failed', attempt: 3, reason: 'cannot_connect' });
    expect(await running.metric('db_backup_total{env="test"}')).toBe(3);
    expect(await running.metric('db_backup_failed_total{env="test"}')).toBe(3);
    expect(await running.metric('celery_task_total{task_name="db_backup",status="retry"}')).toBe(2);
    expect(await running.metric('celery_task_total{task_name="db_backup",status="failure"}')).toBe(1);
    expect(await ground.auditActions(id)).toEqual(
      Array(3).fill(['db_backup_started', 'db_backup_failed']).flat(),
    );
    expect(await alerts()).toEqual([
      {
        kind: 'backup_failed',
        severity: 'critical',
        title: 'Database backup failed',
        error: expect.stringContaining('ECONNREFUSED'),
        context: { database: 'platform', backup_id: id, attempt: '3', reason: 'cannot_connect' },
      },
    ]);
    expect(JSON.stringify(await row(id))).not.toContain('canary');
  });

  it('is not tried again where the password is wrong', async () => {
    const url = Object.assign(new URL(source.url), { password: 'wrong' }).href;
    await start({ BACKUP_TARGETS: targets(url) });
    const run = await ground.ended(await ground.request());
    expect(run).toMatchObject({ state: 'failed', attempt: 1, reason: 'cannot_connect' });
    expect(await alerts()).toHaveLength(1);
  });

  it('leaves nothing when its dump is killed half-way, and the next attempt makes it', async () => {
    const odd = await makeOddPrograms(
      ground.folder,
      `arguments "$@" >> "$here/arguments"; tr '\\0' '\\n' < /proc/$$/environ >> "$here/environment"
       stat -c %a "$PGPASSFILE" > "$here/mode"
       [ -e "$here/pid" ] && { real "$@"; exit; }
       real "$@" | head -c 9000; ready; ${hang}`,
    );
    const running = await start({ PATH: odd.path, BACKUP_RETRY_SECONDS: '1' });
    const id = await ground.request();
    process.kill(await odd.pid(), 'SIGKILL');
    await waitUntil(async () => (await row(id)).failures === 1);
    expect(await storedFiles()).toEqual([]);
    expect(await row(id)).toMatchObject({
      reason: 'dump_failed',
      error: expect.stringContaining('pg_dump was ended by SIGKILL'),
    });
    expect(await ground.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2 });
    expect(await storedFiles()).toHaveLength(2);
    expect(await running.metric('db_backup_failed_total{env="test"}')).toBe(1);
    expect(await running.metric('db_backup_size_bytes_count{env="test"}')).toBe(1);

    // Nobody who lists processes learns the password; the file that holds it is ours alone.
    const { password } = new URL(source.url);
    expect(await odd.read('arguments')).not.toContain(password);
    expect(await odd.read('environment')).not.toContain(password);
    expect((await odd.read('mode')).trim()).toBe('600');
  });

  it('is no success when pg_dump fails after it has written all', async () => {
    const odd = await makeOddPrograms(
      ground.folder,
      `real "$@"; echo 'pg_dump: error: late trouble' >&2; exit 1`,
    );
    await start({ PATH: odd.path, BACKUP_MAX_ATTEMPTS: '1' });
    expect(await ground.ended(await ground.request())).toMatchObject({
      state: 'failed',
      error: 'pg_dump failed with code 1: late trouble',
    });
    expect(await storedFiles()).toEqual([]);
  });

  it('is no success when pg_dump says nothing at all', async () => {
    const odd = await makeOddPrograms(ground.folder, 'exit 0');
    await start({ PATH: odd.path, BACKUP_MAX_ATTEMPTS: '1' });
    expect(await ground.ended(await ground.request())).toMatchObject({
      state: 'failed',
      error: 'pg_dump succeeded and wrote nothing',
    });
    expect(await storedFiles()).toEqual([]);
  });

  it('does not pass its proof when pg_dump lies about having written all', async () => {
    const odd = await makeOddPrograms(ground.folder, 'real "$@" | head -c 9000');
    await start({ PATH: odd.path, BACKUP_PROVE_EACH: 'true' });
    const id = await ground.request();
    expect(await ground.ended(id)).toMatchObject({ state: 'succeeded' });
    expect(await ground.judged(id)).toMatchObject({
      verdict: 'CORRUPT',
      verdict_reason: expect.stringContaining('it does not restore'),
    });
    expect(await alerts()).toMatchObject([{ kind: 'backup_proof_failed', severity: 'critical' }]);
  });

  it('is ended when it takes too long', async () => {
    const odd = await makeOddPrograms(ground.folder, `real "$@" | head -c 9000; ready; ${hang}`);
    await start({ PATH: odd.path, BACKUP_MAX_ATTEMPTS: '1', BACKUP_MAX_RUN_SECONDS: '2' });
    const run = await ground.ended(await ground.request());
    expect(run).toMatchObject({ state: 'failed', reason: 'timeout' });
    expect(await programsAt(source.name)).toEqual([]);
    expect(await storedFiles()).toEqual([]);
  });

  it('does not queue behind a table that another session has locked', async () => {
    const locker = await source.pool.connect();
    await locker.query('BEGIN; LOCK TABLE a IN ACCESS EXCLUSIVE MODE');
    await start({ BACKUP_MAX_ATTEMPTS: '1', BACKUP_LOCK_WAIT_SECONDS: '1' });
    expect(await ground.ended(await ground.request())).toMatchObject({
      reason: 'dump_failed',
      error: 'cannot lock the tables: another session holds a table locked',
    });
    await locker.query('ROLLBACK');
    locker.release();
  });

  it('says so when the backup folder has gone, and does not make another', async () => {
    await start({ BACKUP_MAX_ATTEMPTS: '1' });
    await rm(ground.backupDir, { recursive: true });
    expect(await ground.ended(await ground.request())).toMatchObject({
      reason: 'storage_failed',
      error: `the backup folder ${ground.backupDir} is not there`,
    });
    await expect(readdir(ground.backupDir)).rejects.toThrow('ENOENT');
  });

  it('does not begin where the last backup would not fit once and a half', async () => {
    await start({ BACKUP_MAX_ATTEMPTS: '1' });
    await ground.ended(await ground.request());
    await ground.ops.pool.query('UPDATE backup SET size_bytes = 1e15');
    expect(await ground.ended(await ground.request())).toMatchObject({
      reason: 'storage_failed',
      error: expect.stringMatching(/MB free; the last backup took 1000000000.0 MB/),
    });
  });

  /** What `kill -9` leaves: a run that seems to go on, a piece of a dump, and a lease that nobody renews. */
  async function killHalfWay(attempt: number): Promise<string> {
    const { rows } = await ground.ops.pool.query<{ id: string; requested_at: Date }>(
      `INSERT INTO backup_run (database, requested_by, state, attempt, failures, lease_owner, lease_until)
       VALUES ('platform', 'test', 'running', $1::int, $1::int - 1, gen_random_uuid(), now()) RETURNING id, requested_at`,
      [attempt],
    );
    const { id, requested_at: at } = rows[0] as { id: string; requested_at: Date };
    const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
    const folder = join(ground.backupDir, 'platform', `${time}-${id}.${attempt}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'dump.pgdump.zst.partial'), 'half');
    return id;
  }

  describe('because an operator cancels it', () => {
    it('ends what is under way, leaves nothing, and is no failure', async () => {
      const odd = await makeOddPrograms(ground.folder, `real "$@" | head -c 9000; ready; ${hang}`);
      const running = await start({ PATH: odd.path });
      const id = await ground.request();
      const pid = await odd.pid();
      expect(await cancelRun(ground.ops.pool, id, 'operator:test')).toBe(true);
      await waitUntil(async () => (await row(id)).state === 'cancelled');
      expect(await hasEnded(pid)).toBe(true);
      expect(await storedFiles()).toEqual([]);
      expect(await running.metric('db_backup_failed_total{env="test"}')).toBe(0);
      expect(await alerts()).toEqual([]);
      expect(await cancelRun(ground.ops.pool, id, 'operator:test')).toBe(false);
    });

    it('removes what a dead runner left, and does not begin again', async () => {
      const id = await killHalfWay(1);
      await cancelRun(ground.ops.pool, id, 'operator:test');
      await start();
      await waitUntil(async () => (await row(id)).state === 'cancelled');
      expect(await storedFiles()).toEqual([]);
    });

    it('never begins one that waits', async () => {
      const id = await ground.request();
      await cancelRun(ground.ops.pool, id, 'operator:test');
      expect(await row(id)).toMatchObject({ state: 'cancelled', attempt: 0 });
    });
  });

  describe('because its process ends', () => {
    it('is handed back when the service stops, leaves nothing, and is made after the restart', async () => {
      const odd = await makeOddPrograms(ground.folder, `real "$@" | head -c 9000; ready; ${hang}`);
      const first = await start({ PATH: odd.path });
      const id = await ground.request();
      const pid = await odd.pid();
      await first.stop();
      expect(await hasEnded(pid)).toBe(true);
      expect(await storedFiles()).toEqual([]);
      expect(await row(id)).toMatchObject({
        state: 'queued',
        failures: 0,
        attempt: 1,
        reason: 'interrupted',
      });
      await start();
      expect(await ground.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2 });
      expect(await alerts()).toEqual([]);
    });

    it('is taken over when its lease has run out, and what it left is swept', async () => {
      const id = await killHalfWay(1);
      const running = await start();
      expect(await ground.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2, failures: 1 });
      expect((await storedFiles()).map((file) => file.name).sort()).toEqual([
        'dump.pgdump.zst',
        'manifest.json',
      ]);
      expect(await ground.auditActions(id)).toEqual([
        'db_backup_failed',
        'db_backup_started',
        'db_backup_succeeded',
      ]);
      expect(await running.metric('db_backup_total{env="test"}')).toBe(2);
      expect(await running.metric('db_backup_failed_total{env="test"}')).toBe(1);
    });

    it('is given up when every attempt was killed', async () => {
      const id = await killHalfWay(3);
      await start();
      expect(await ground.ended(id)).toMatchObject({ state: 'failed', reason: 'interrupted' });
      expect(await alerts()).toMatchObject([
        { kind: 'backup_failed', context: { backup_id: id, attempt: '3' } },
      ]);
      expect(await storedFiles()).toEqual([]);
    });

    it('is not made twice when only the last word was missing: its manifest makes it a backup', async () => {
      const first = await start();
      const id = await ground.request();
      await ground.ended(id);
      await first.stop();
      await ground.ops.pool.query('DELETE FROM backup');
      await ground.ops.pool.query(
        `UPDATE backup_run SET state = 'running', lease_owner = gen_random_uuid(), lease_until = now()`,
      );
      await start({ BACKUP_PROVE_EACH: 'true' });
      expect(await ground.ended(id)).toMatchObject({ state: 'succeeded', attempt: 2 });
      expect(await storedFiles()).toHaveLength(2);
      expect(await ground.judged(id)).toMatchObject({
        verdict: 'PROVEN',
        location: expect.stringMatching(/\.1$/),
      });
    });
  });
});
