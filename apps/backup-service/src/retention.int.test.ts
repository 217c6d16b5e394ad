import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { observeCatalogue } from './catalogue/observe-catalogue';
import { enterTarget, hastenRetention } from './catalogue/targets';
import type { RetentionWork } from './retention/retention-work';
import { runRetention } from './retention/run-retention';
import { openLocalStorage } from './storage/local-storage';
import { catalogueMetrics } from './testing/catalogue-metrics';
import { openTestWork } from './testing/open-test-work';
import { storeBackup } from './testing/store-backup';
import { runCommand } from './testing/run-command';
import { prepareGround, targets, type TestGround } from './testing/start-test-service';

describe('retention', () => {
  let ground: TestGround;
  let operator: Record<string, string>;
  let opened: Awaited<ReturnType<typeof openTestWork>>;
  let work: RetentionWork;
  const policy = { withinDays: 7, daily: 0, weekly: 0, monthly: 0 };
  const schedule = { cron: '0 2 * * *', timezone: 'UTC', jitterSeconds: 0, blackouts: [] };
  const never = new AbortController().signal;

  beforeAll(async () => {
    ground = await prepareGround();
    operator = await ground.environment('swfx_operator');
  });
  afterAll(() => ground.drop());
  beforeEach(async () => {
    await ground.ops.pool.query('TRUNCATE backup, backup_run, backup_target, backup_orphan, alert CASCADE');
    for (const name of ['backups', 'copies'])
      await rm(join(ground.folder, name), { recursive: true, force: true });
    opened = await openTestWork(ground, {
      targets: targets('postgres://u@127.0.0.1:1/d'),
      metrics: ['db_backup_deleted_total', ...catalogueMetrics],
    });
    work = {
      ...opened.work,
      policies: new Map([['platform', policy]]),
      deleteDelaySeconds: 3600,
      deleteMaxPercent: 60,
    };
    await enterTarget(ground.ops.pool, { database: 'platform', schedule, retention: policy });
  });
  afterEach(() => opened.close());

  /** A backup of so many days ago, in the catalogue and in the storage. */
  async function backup(days: number, verdict = 'PROVEN'): Promise<string> {
    const id = randomUUID();
    const location = await folder(id, ['manifest.json', 'dump.pgdump.zst']);
    await ground.ops.pool.query(
      `INSERT INTO backup (id, database, storage, location, taken_at, finished_at, size_bytes, duration_seconds, manifest, verdict)
       VALUES ($1, 'platform', 'local', $2, now() - make_interval(days => $3), now(), 10, 1, '{}', $4)`,
      [id, location, days, verdict],
    );
    return id;
  }
  async function folder(id: string, files: string[]): Promise<string> {
    const location = `platform/20261127T020000Z-${id}.1`;
    await mkdir(join(ground.backupDir, location), { recursive: true });
    for (const file of files) await writeFile(join(ground.backupDir, location, file), '0123456789');
    return location;
  }
  const run = async (unlimited = false) => {
    await hastenRetention(ground.ops.pool, ['platform'], unlimited);
    const { rows } = await ground.ops.pool.query<{ id: string }>('SELECT id FROM backup_target');
    return runRetention(work, rows[0]?.id as string, never);
  };
  const preview = (...options: string[]) => runCommand(operator, 'retention', '--dry-run', ...options);
  const letTimePass = () =>
    ground.ops.pool.query(`UPDATE backup SET delete_marked_at = delete_marked_at - interval '2 hours'`);
  const catalogue = async () => {
    const { rows } = await ground.ops.pool.query<{ id: string; marked: boolean }>(
      'SELECT id, delete_marked_at IS NOT NULL AS marked FROM backup ORDER BY taken_at DESC',
    );
    return rows;
  };
  const stored = async () => (await readdir(join(ground.backupDir, 'platform'))).length;
  const alerts = async () =>
    (await ground.ops.pool.query(`SELECT kind, error FROM alert WHERE status = 'firing'`)).rows;

  it('marks first, and deletes only after the delay, from the storage and then from the catalogue', async () => {
    const newest = await backup(0);
    const old = await backup(20);
    expect(await run()).toBe('success');
    expect(await catalogue()).toEqual([
      { id: newest, marked: false },
      { id: old, marked: true },
    ]);
    expect(await run()).toBe('success');
    expect(await stored()).toBe(2);
    await letTimePass();
    expect(await run()).toBe('success');
    expect(await catalogue()).toEqual([{ id: newest, marked: false }]);
    expect(await stored()).toBe(1);
    expect(await ground.auditActions(old)).toEqual(['backup_deleted']);
    expect(await opened.metric('db_backup_deleted_total{kind="backup"}')).toBe(1);
    expect(await alerts()).toEqual([]);
  });

  it('takes the mark off when the plan has changed meanwhile: the newest turned out to be bad', async () => {
    const newest = await backup(0);
    const old = await backup(20);
    await run();
    await ground.ops.pool.query(`UPDATE backup SET verdict = 'CORRUPT' WHERE id = $1`, [newest]);
    await letTimePass();
    await run();
    expect(await catalogue()).toEqual([
      { id: newest, marked: false },
      { id: old, marked: false },
    ]);
    expect(await stored()).toBe(2);
  });

  it('deletes nothing, and says so, while the newest proven backup is not in the storage', async () => {
    const newest = await backup(0);
    await backup(20);
    await rm(join(ground.backupDir, `platform/20261127T020000Z-${newest}.1/manifest.json`));
    expect(await run()).toBe('failure');
    expect((await catalogue()).map(({ marked }) => marked)).toEqual([false, false]);
    expect(await alerts()).toEqual([
      { kind: 'backup_retention_stopped', error: expect.stringContaining(newest) },
    ]);
  });

  it('stops before it deletes most of what there is, until a person agrees, once', async () => {
    await backup(0);
    for (const days of [20, 21, 22]) await backup(days);
    expect(await run()).toBe('failure');
    expect((await catalogue()).filter(({ marked }) => marked)).toEqual([]);
    expect(await alerts()).toEqual([
      { kind: 'backup_retention_stopped', error: expect.stringContaining('3 of 4 backups, more than 60 %') },
    ]);
    const plan = await preview();
    expect(plan.out.match(/ delete +older_than_window/g)).toHaveLength(3);
    expect(plan.err).toContain('The last look at platform deleted nothing: it would delete 3 of 4 backups');
    expect(await run(true)).toBe('success');
    await letTimePass();
    expect(await run()).toBe('success');
    expect(await catalogue()).toHaveLength(1);
    const { rows } = await ground.ops.pool.query('SELECT retention_unlimited AS agreed FROM backup_target');
    expect(rows).toEqual([{ agreed: false }]);
  });

  it('ends a deletion that was begun by a process that died', async () => {
    const newest = await backup(0);
    const old = await backup(20);
    await run();
    await rm(join(ground.backupDir, `platform/20261127T020000Z-${old}.1/manifest.json`));
    await run();
    expect(await catalogue()).toEqual([{ id: newest, marked: false }]);
    expect(await stored()).toBe(1);
  });

  it('sweeps what dead runs have left, after a delay, and never what a run may still finish or another has made', async () => {
    await folder(randomUUID(), ['dump.pgdump.zst.partial']);
    await folder(randomUUID(), ['manifest.json', 'dump.pgdump.zst']);
    const open = await ground.request();
    await folder(open, ['dump.pgdump.zst.partial']);
    await run();
    expect(await stored()).toBe(3);
    await ground.ops.pool.query(`UPDATE backup_orphan SET seen_at = seen_at - interval '2 hours'`);
    await run();
    expect(await stored()).toBe(2);
    expect(await opened.metric('db_backup_deleted_total{kind="orphan"}')).toBe(1);
  });

  it('takes no list at its word: what a stale one lacks is asked for by name', async () => {
    await backup(0);
    const old = await backup(20);
    await folder(randomUUID(), ['manifest.json', 'dump.pgdump.zst']);
    const { storage } = work;
    const withoutManifests = async (prefix: string) =>
      (await storage.list(prefix)).filter(({ key }) => !key.endsWith('manifest.json'));
    work = { ...work, storage: { ...storage, list: withoutManifests } };
    expect(await run()).toBe('success');
    await ground.ops.pool.query(`UPDATE backup_orphan SET seen_at = seen_at - interval '2 hours'`);
    await ground.ops.pool.query(`UPDATE backup SET verdict = 'NOT_YET' WHERE id = $1`, [old]);
    await letTimePass();
    expect(await run()).toBe('success');
    expect((await catalogue()).map(({ marked }) => marked)).toEqual([false, false]);
    expect(await stored()).toBe(3);
  });

  it('gives up and counts uploads that no list shows', async () => {
    const sweepUploads = async () => 2;
    work = { ...work, storage: { ...work.storage, sweepUploads } };
    await run();
    expect(await opened.metric('db_backup_deleted_total{kind="upload"}')).toBe(2);
  });

  it('takes backups over that it finds in its storage and the catalogue has in another', async () => {
    const { id } = await storeBackup(ground.ops.pool, { ...work.storage, name: 's3' }, { keys: work.keys });
    const { pool, storage, metrics, logger } = work;
    const rules = [{ database: 'platform', schedule }];
    const gauges = observeCatalogue({
      pool,
      storages: [storage],
      copyPlace: undefined,
      rules,
      metrics,
      logger,
    });
    await gauges.refresh();
    expect(await opened.metric('db_backup_last_success_timestamp_seconds{database="platform"}')).toBe(0);
    await run();
    await gauges.refresh();
    await gauges.stop();
    expect(
      await opened.metric('db_backup_last_success_timestamp_seconds{database="platform"}'),
    ).toBeGreaterThan(0);
    const { rows } = await ground.ops.pool.query('SELECT storage, verdict FROM backup WHERE id = $1', [id]);
    expect(rows).toEqual([{ storage: 'local', verdict: 'NOT_YET' }]);
    expect(await ground.auditActions(id)).toEqual(['db_backup_catalogued']);
  });

  describe('with a second storage', () => {
    let copies: string;
    beforeEach(async () => {
      copies = join(ground.folder, 'copies');
      work = { ...work, copy: await openLocalStorage(copies, 'copy') };
    });

    /** A backup of so many days ago that is in both. */
    async function copied(days: number, verdict = 'PROVEN'): Promise<string> {
      const id = await backup(days, verdict);
      await cp(join(ground.backupDir, at(id)), join(copies, at(id)), { recursive: true });
      await ground.ops.pool.query(
        `INSERT INTO backup_copy (backup_id, place, state, behind_since, verified_at)
         VALUES ($1, $2, 'copied', NULL, now())`,
        [id, copies],
      );
      return id;
    }
    const at = (id: string) => `platform/20261127T020000Z-${id}.1`;
    const inBoth = async () => [await stored(), (await readdir(join(copies, 'platform'))).length];

    it('deletes from both, and nothing that is not there yet', async () => {
      await copied(0);
      await copied(20);
      const awaited = await backup(21);
      await run();
      await letTimePass();
      expect(await run()).toBe('success');
      expect(await inBoth()).toEqual([2, 1]);
      expect((await catalogue()).map(({ id }) => id)).toContain(awaited);
    });

    it('keeps the newest that the second storage has, however old, while that falls behind', async () => {
      await backup(0);
      const last = await copied(90);
      await copied(91);
      await run();
      const plan = JSON.parse((await preview('--json')).out) as { copy: string; reason: string }[];
      expect(plan.map(({ copy, reason }) => [copy, reason])).toEqual([
        ['awaited', 'newest_proven'],
        ['copied', 'newest_copied'],
        ['copied', 'older_than_window'],
      ]);
      await letTimePass();
      await run();
      expect((await catalogue()).map(({ id }) => id)).toContain(last);
      expect(await inBoth()).toEqual([2, 1]);
    });

    it('deletes nothing while the second storage is away, and goes on when it is back', async () => {
      await copied(0);
      await copied(20);
      await run();
      await letTimePass();
      await rename(copies, `${copies}-away`);
      expect(await run()).toBe('retry');
      expect(await stored()).toBe(2);
      await rename(`${copies}-away`, copies);
      expect(await run()).toBe('success');
      expect(await inBoth()).toEqual([1, 1]);
    });

    it('deletes nothing of what has only failed, in neither', async () => {
      await copied(0, 'CORRUPT');
      await copied(50, 'NOT_YET');
      await copied(60, 'CORRUPT');
      await run();
      await letTimePass();
      await run();
      expect(await inBoth()).toEqual([3, 3]);
    });

    it('has copied anew what is gone there, and asks for a proof of what is gone here', async () => {
      const [gone, lost] = [await copied(1), await copied(2)];
      await rm(join(copies, at(gone)), { recursive: true });
      await rm(join(ground.backupDir, at(lost)), { recursive: true });
      await run();
      const { rows } = await ground.ops.pool.query(
        `SELECT state, verified_at, proof_requested_by IS NOT NULL AS asked
         FROM backup_copy JOIN backup ON id = backup_id ORDER BY taken_at DESC`,
      );
      expect(rows).toEqual([
        { state: 'pending', verified_at: null, asked: false },
        { state: 'copied', verified_at: expect.any(Date), asked: true },
      ]);
    });

    it('does not take a backup that only the second storage has for one whose deletion was begun', async () => {
      await copied(0);
      const old = await copied(20);
      await run();
      await rm(join(ground.backupDir, at(old)), { recursive: true });
      work = { ...work, policies: new Map([['platform', { ...policy, withinDays: 30 }]]) };
      await letTimePass();
      await run();
      expect(await catalogue()).toContainEqual({ id: old, marked: false });
      expect(await inBoth()).toEqual([1, 2]);
    });

    it('sweeps what interrupted copies have left there', async () => {
      await copied(0);
      await mkdir(join(copies, at(randomUUID())), { recursive: true });
      const orphan = at(randomUUID());
      await mkdir(join(copies, orphan));
      await writeFile(join(copies, orphan, 'dump.pgdump.zst.partial'), 'x');
      await run();
      await ground.ops.pool.query(`UPDATE backup_orphan SET seen_at = seen_at - interval '2 hours'`);
      await run();
      expect(await readdir(join(copies, 'platform'))).not.toContain(orphan.slice('platform/'.length));
    });
  });
});
