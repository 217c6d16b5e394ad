import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { enterTarget, hastenRetention } from './catalogue/targets';
import type { RetentionWork } from './retention/retention-work';
import { runRetention } from './retention/run-retention';
import { openTestWork } from './testing/open-test-work';
import { prepareGround, targets, type TestGround } from './testing/start-test-service';

describe('retention', () => {
  let ground: TestGround;
  let opened: Awaited<ReturnType<typeof openTestWork>>;
  let work: RetentionWork;
  const policy = { withinDays: 7, daily: 0, weekly: 0, monthly: 0 };
  const never = new AbortController().signal;

  beforeEach(async () => {
    ground = await prepareGround();
    opened = await openTestWork(ground, {
      targets: targets('postgres://u@127.0.0.1:1/d'),
      metrics: ['db_backup_deleted_total'],
    });
    work = {
      ...opened.work,
      policies: new Map([['platform', policy]]),
      deleteDelaySeconds: 3600,
      deleteMaxPercent: 60,
    };
    const schedule = { cron: '0 2 * * *', timezone: 'UTC', jitterSeconds: 0, blackouts: [] };
    await enterTarget(ground.ops.pool, { database: 'platform', schedule, retention: policy });
  });
  afterEach(async () => {
    await opened.close();
    await ground.drop();
  });

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
});
