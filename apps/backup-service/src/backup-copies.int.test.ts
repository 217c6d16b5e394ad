import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { parseKeyRing, Secret } from '@swfx/config';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { enterCopies, listDueCopies } from './catalogue/copies';
import { requestProof } from './catalogue/proofs';
import { askForStep, requestRestore } from './catalogue/restores';
import type { CopyWork } from './copy/copy-work';
import { runCopy } from './copy/run-copy';
import { describeRestore } from './operator/describe-restore';
import type { RestoreReport } from './operator/follow-restore';
import { showBackup, summariseBackup } from './operator/show-backup';
import { runProof } from './prove/run-proof';
import type { RestoreWork } from './restore/restore-work';
import { runRestore } from './restore/run-restore';
import { rewrapBackups } from './run/rewrap-backups';
import { runBackup } from './run/run-backup';
import { chooseKeys, type BackupKeys } from './seal/backup-keys';
import type { Manifest } from './seal/manifest';
import type { BackupStorage } from './storage/backup-storage';
import { openTestWork } from './testing/open-test-work';
import { runCommand } from './testing/run-command';
import { standInCredentials, startS3StandIn, type S3StandIn } from './testing/s3-stand-in';
import { prepareGround, targets, type TestGround } from './testing/start-test-service';
import { storeBackup } from './testing/store-backup';

const never = new AbortController().signal;
const ring = (id: string) => parseKeyRing(new Secret(`${id}:${randomBytes(32).toString('base64')}`));
const keys: BackupKeys = { ...chooseKeys({}), encryption: ring('e'), encrypt: true, signing: ring('s') };

const runMetrics = [
  'db_backup_copies_total',
  'db_backup_total',
  'db_backup_failed_total',
  'db_backup_duration_seconds',
  'db_backup_size_bytes',
  'db_backup_proof_duration_seconds',
  'db_restore_total',
] as const;

let ground: TestGround;
let operator: Record<string, string>;
let server: S3StandIn;
beforeAll(async () => {
  ground = await prepareGround();
  operator = await ground.environment('swfx_operator');
  server = await startS3StandIn('copies');
});
afterAll(async () => {
  await server.stop();
  await ground.drop();
});

describe('a backup whose first copy is lost', () => {
  let source: TestDatabase;
  let opened: Awaited<ReturnType<typeof openTestWork>>;
  let work: CopyWork;
  let id: string;
  let dump: string;
  beforeAll(async () => {
    source = await createTestDatabase({ migrate: false });
    await source.pool.query('CREATE TABLE a AS SELECT generate_series(1, 100) AS i');
    opened = await openTestWork(ground, {
      targets: targets(source.url),
      metrics: [...runMetrics],
      settings: { BACKUP_COPY_TO: join(ground.folder, 'second') },
    });
    work = { ...opened.work, copy: opened.work.copy as BackupStorage };
    id = await ground.request();
    expect(await runBackup(work, id, never)).toBe('success');
    await enterCopies(work.pool, { storage: 'local', place: work.copy.place });
    expect(await runCopy(work, id, never)).toBe('success');
    const { manifest, location } = await showBackup(work.pool, id);
    dump = join(ground.backupDir, location as string, manifest?.dump.file as string);
  });
  afterAll(async () => {
    await opened.close();
    await source.drop();
  });
  const alerts = async () =>
    (await ground.ops.pool.query(`SELECT kind, error FROM alert WHERE kind = 'backup_copy_used'`)).rows;

  it('is proven from the second, which says so, is told, and writes the first anew', async () => {
    const whole = await readFile(dump);
    await writeFile(dump, whole.subarray(0, -1));
    expect(await runProof(work, id, never)).toBe('success');
    expect(await showBackup(work.pool, id)).toMatchObject({
      verdict: 'PROVEN',
      verdict_reason: expect.stringMatching(/its first copy is lost \(.*\); the one in .*second holds/),
    });
    expect(await readFile(dump)).toEqual(whole);
    expect(await ground.auditActions(id)).toEqual(
      expect.arrayContaining(['db_backup_repaired', 'db_backup_copy_used', 'db_backup_proven']),
    );
    expect(await alerts()).toHaveLength(1);
  });

  it.each<[string, () => Promise<void>]>([
    ['is gone', () => rm(dump)],
    ['is spoiled', () => writeFile(dump, 'no dump')],
    ['is out of reach', () => rename(ground.backupDir, `${ground.backupDir}-away`)],
  ])('is restored from the second where the first %s, which says so', async (_, lose) => {
    const whole = await readFile(dump);
    await lose();
    const restore: RestoreWork = { ...work, keepHours: 1, onPhase: async () => undefined };
    const restoreId = await requestRestore(work.pool, {
      backupId: id,
      database: 'platform',
      into: `again_${id.slice(0, 8)}`,
      accepted: [],
      requestedBy: 'operator:test',
    });
    expect(await runRestore(restore, restoreId, never)).toBe('success');
    await askForStep(work.pool, restoreId, { step: 'restore', by: 'operator:test' });
    expect(await runRestore(restore, restoreId, never)).toBe('success');
    const { rows } = await work.pool.query<RestoreReport>('SELECT * FROM db_restore WHERE id = $1', [
      restoreId,
    ]);
    expect(describeRestore(rows[0] as RestoreReport)).toMatch(
      /^Restored again_.*; its first copy is lost \(/,
    );
    expect(await ground.auditActions(id)).toContain('db_backup_copy_used');
    await source.pool.query(`DROP DATABASE again_${id.slice(0, 8)}`);
    await rename(`${ground.backupDir}-away`, ground.backupDir).catch(() => undefined);
    await writeFile(dump, whole);
  });

  it('is corrupt when the second is lost too', async () => {
    const manifest = join(dump, '../manifest.json');
    await rm(manifest);
    await rm(join(work.copy.place, manifest.slice(ground.backupDir.length)));
    await requestProof(work.pool, { id, requestedBy: 'operator:test' });
    expect(await runProof(work, id, never)).toBe('failure');
    expect(await showBackup(work.pool, id)).toMatchObject({
      verdict: 'CORRUPT',
      verdict_reason: 'its manifest is not in the storage',
    });
  });
});

const inFolder = () => ({ BACKUP_COPY_TO: join(ground.folder, 'copies') });
const inBucket = () => ({
  BACKUP_COPY_TO: 's3://copies/second',
  BACKUP_COPY_S3_ENDPOINT: server.url,
  BACKUP_COPY_S3_ACCESS_KEY_ID: standInCredentials.accessKeyId,
  BACKUP_COPY_S3_SECRET_ACCESS_KEY: standInCredentials.secretAccessKey,
});

describe.each([
  ['a folder', inFolder],
  ['a bucket', inBucket],
])('the second copy of a backup, in %s,', (kind, settings) => {
  let opened: Awaited<ReturnType<typeof openTestWork>>;
  let work: CopyWork;
  let bringBack: (() => Promise<void>) | undefined;
  beforeAll(async () => {
    opened = await openTestWork(ground, {
      targets: targets('postgres://u@127.0.0.1:1/d'),
      metrics: ['db_backup_copies_total'],
      settings: settings(),
    });
    const copy = opened.work.copy as BackupStorage;
    work = { ...opened.work, copy, keys, maxAttempts: 2, retrySeconds: 0 };
  });
  afterAll(() => opened.close());
  afterEach(() => bringBack?.());
  beforeEach(async () => {
    server.misbehave = () => undefined;
    await ground.ops.pool.query('TRUNCATE backup, backup_run, alert CASCADE');
  });

  const store = (options: { verdict?: string } = {}) =>
    storeBackup(ground.ops.pool, work.storage, { keys, ...options });
  const place = () => ({ storage: work.storage.name, place: work.copy.place });
  const due = async () => {
    await enterCopies(work.pool, place());
    return listDueCopies(work.pool, place());
  };
  /** One ring for each copy that is due. */
  async function ring(using = work): Promise<string[]> {
    const outcomes: string[] = [];
    for (const id of await due()) outcomes.push(await runCopy(using, id, never));
    return outcomes;
  }
  const read = async (storage: BackupStorage, key: string) => {
    const stream: Readable | undefined = await storage.get(key);
    return stream && (await buffer(stream));
  };
  const row = async (id: string) =>
    (
      await ground.ops.pool.query(
        'SELECT state, attempt, reason, error FROM backup_copy WHERE backup_id = $1',
        [id],
      )
    ).rows[0] as { state: string; attempt: number; reason: string | null; error: string | null };
  const alerts = async () =>
    (await ground.ops.pool.query('SELECT incident, status FROM alert ORDER BY accepted_at, id')).rows;
  const passTime = () => ground.ops.pool.query('UPDATE backup_copy SET due_at = now(), lease_until = now()');
  const keysThere = async () => (await work.copy.list('platform/')).map(({ key }) => key).sort();
  /** The second storage goes away, and comes back. */
  async function takeAway(): Promise<() => Promise<void>> {
    if (kind === 'a bucket') {
      server.misbehave = () => 'reset';
      return async () => void (server.misbehave = () => undefined);
    }
    const away = `${work.copy.place}-away`;
    await rename(work.copy.place, away);
    return () => rename(away, work.copy.place);
  }

  it('is the same, is noted, and is shown', async () => {
    const { id, location, dump, manifest } = await store();
    expect(summariseBackup(await showBackup(work.pool, id))).not.toContain('second copy');
    expect(await ring()).toEqual(['success']);
    expect(await read(work.copy, `${location}/${manifest.dump.file}`)).toEqual(dump);
    expect(await read(work.copy, `${location}/manifest.json`)).toEqual(
      await read(work.storage, `${location}/manifest.json`),
    );
    expect(await due()).toEqual([]);
    expect(await ground.auditActions(id)).toEqual(['db_backup_copied']);
    expect(summariseBackup(await showBackup(work.pool, id))).toMatch(
      new RegExp(`second copy +${work.copy.place}, read back 20`),
    );
    expect(await opened.metric('db_backup_copies_total{outcome="succeeded"}')).toBe(1);
  });

  it('is made once though two runners try', async () => {
    const { id } = await store();
    await due();
    const outcomes = await Promise.all([runCopy(work, id, never), runCopy(work, id, never)]);
    expect(outcomes.sort()).toEqual(['skipped', 'success']);
    expect(await ground.auditActions(id)).toEqual(['db_backup_copied']);
  });

  it('is not made of a backup that failed its proof', async () => {
    await store({ verdict: 'CORRUPT' });
    expect(await ring()).toEqual([]);
  });

  it('is tried again while its storage is away, then called failed, told once, and made when it is back', async () => {
    const { id } = await store();
    bringBack = await takeAway();
    expect(await ring()).toEqual(['retry']);
    expect(await row(id)).toMatchObject({ state: 'pending', attempt: 1, reason: 'storage_failed' });
    expect(await alerts()).toEqual([]);
    expect(await ring()).toEqual(['failure']);
    expect(await due()).toEqual([]);
    await passTime();
    expect(await ring()).toEqual(['retry']);
    expect(await row(id)).toMatchObject({ state: 'failed', reason: 'storage_failed' });
    expect(await ground.auditActions(id)).toEqual(['db_backup_copy_failed']);
    expect(summariseBackup(await showBackup(work.pool, id))).toContain('failed, tried every hour');
    await bringBack();
    bringBack = undefined;
    expect((await runCommand(operator, 'copy')).out).toBe(
      'One second copy is due; backup-service makes them now.\n',
    );
    expect(await ring()).toEqual(['success']);
    expect(await alerts()).toEqual([
      { incident: 'backup-copy:platform', status: 'firing' },
      { incident: 'backup-copy:platform', status: 'resolved' },
    ]);
  });

  it('waits while the first storage is away, and nobody blames the backup', async () => {
    const { id } = await store();
    const away = `${ground.backupDir}-away`;
    await rename(ground.backupDir, away);
    expect(await ring()).toEqual(['retry']);
    await rename(away, ground.backupDir);
    expect(await row(id)).toMatchObject({
      reason: 'storage_failed',
      error: `the backup folder ${ground.backupDir} is not there`,
    });
    await passTime();
    expect(await ring()).toEqual(['success']);
  });

  /** The same storage, which is gone from its nth call on. */
  function goingAway(storage: BackupStorage, n: number, away: () => Promise<unknown>): BackupStorage {
    let calls = 0;
    const counted =
      <Args extends unknown[], Result>(method: (...args: Args) => Promise<Result>) =>
      async (...args: Args): Promise<Result> => {
        calls += 1;
        if (calls === n) await away();
        return method(...args);
      };
    const { get, put, list } = storage;
    return { ...storage, get: counted(get), put: counted(put), list: counted(list) };
  }

  it.each([1, 2, 3, 4])('is made later when the second storage goes away at call %d', async (n) => {
    const { id, location, dump, manifest } = await store();
    const away = async () => (bringBack = await takeAway());
    expect(await ring({ ...work, copy: goingAway(work.copy, n, away) })).toEqual(['retry']);
    await bringBack?.();
    bringBack = undefined;
    expect(await read(work.copy, `${location}/manifest.json`)).toBeUndefined();
    await passTime();
    expect(await ring()).toEqual(['success']);
    expect(await read(work.copy, `${location}/${manifest.dump.file}`)).toEqual(dump);
    expect(await row(id)).toMatchObject({ state: 'copied', error: null });
  });

  it.each([1, 2, 3])('is made later when the first storage goes away at call %d', async (n) => {
    const { id } = await store();
    const away = () => rename(ground.backupDir, `${ground.backupDir}-away`);
    expect(await ring({ ...work, storage: goingAway(work.storage, n, away) })).toEqual(['retry']);
    await rename(`${ground.backupDir}-away`, ground.backupDir);
    expect(await row(id)).toMatchObject({ state: 'pending', reason: 'storage_failed' });
    await passTime();
    expect(await ring()).toEqual(['success']);
  });

  it.each([
    ['was cut', (dump: Buffer) => dump.subarray(0, -1)],
    ['was changed', (dump: Buffer) => Buffer.from(dump.map((byte, at) => (at === 500 ? byte ^ 1 : byte)))],
    ['is another one’s', (dump: Buffer) => randomBytes(dump.length)],
  ])('is none when the first %s, which is then proven anew', async (_, spoil) => {
    const { id, location, dump, manifest } = await store();
    await writeFile(join(ground.backupDir, location, manifest.dump.file), spoil(dump));
    expect(await ring()).toEqual(['retry']);
    expect(await row(id)).toMatchObject({ reason: 'source_damaged' });
    expect((await keysThere()).filter((key) => key.startsWith(location))).toEqual([]);
    const { rows } = await ground.ops.pool.query('SELECT proof_requested_by FROM backup WHERE id = $1', [id]);
    expect(rows).toEqual([{ proof_requested_by: 'service:backup-service' }]);
  });

  it.each(['list', 'put', 'get', 'second put'])(
    'is made by whoever takes over when its runner is killed in a %s of the second storage',
    async (step) => {
      const { id, location, dump, manifest } = await store();
      let left = step.startsWith('second ') ? 2 : 1;
      let reached = false;
      let wake: () => void = () => undefined;
      const grave = new Promise<never>((_, reject) => (wake = () => reject(new Error('it was killed'))));
      grave.catch(() => undefined);
      const method = step.replace('second ', '') as 'get' | 'put' | 'list';
      const deadly: BackupStorage = {
        ...work.copy,
        [method]: async (...args: never[]) => {
          left -= 1;
          if (left !== 0) return (work.copy[method] as (...given: never[]) => unknown)(...args);
          reached = true;
          return grave;
        },
      };
      await due();
      const dead = runCopy({ ...work, copy: deadly }, id, never);
      await waitUntil(() => reached);
      expect((await keysThere()).includes(`${location}/manifest.json`)).toBe(false);
      // A kill ends what the dead one had open in Postgres; its lease runs out.
      await ground.ops.pool.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction'`,
      );
      await ground.ops.pool.query(
        'UPDATE backup_copy SET lease_until = now(), lease_owner = gen_random_uuid()',
      );
      expect(await ring()).toEqual(['success']);
      wake();
      await dead.catch(() => undefined);
      expect(await read(work.copy, `${location}/${manifest.dump.file}`)).toEqual(dump);
      expect(await row(id)).toMatchObject({ state: 'copied' });
    },
  );

  it('gets the new manifest after a rotation of keys, and its dump is not sent again', async () => {
    const { id, location, dump, manifest } = await store();
    await ring();
    const next = parseKeyRing(
      new Secret(
        `new:${randomBytes(32).toString('base64')},e:${keys.encryption?.sealing.key.export().toString('base64')}`,
      ),
    );
    const rotated = { ...work, keys: { ...keys, encryption: next } };
    await rewrapBackups(rotated, never);
    expect(await due()).toEqual([id]);
    server.seen.length = 0;
    const before = await sentAt(location, manifest);
    expect(await ring(rotated)).toEqual(['success']);
    expect(await sentAt(location, manifest)).toEqual(before);
    expect(server.seen.filter((what) => what.startsWith('PUT')).length).toBeLessThanOrEqual(1);
    const copied = JSON.parse(String(await read(work.copy, `${location}/manifest.json`))) as Manifest;
    expect(copied.encryption?.keys).toMatchObject([{ key_id: 'new' }]);
    expect(await read(work.copy, `${location}/${manifest.dump.file}`)).toEqual(dump);
  });
  const sentAt = async (location: string, { dump }: Manifest) =>
    kind === 'a folder' ? readFile(join(work.copy.place, location, dump.file)) : undefined;

  it('does not appear for a backup that is deleted meanwhile', async () => {
    const { id, location } = await store();
    await due();
    const late: BackupStorage = {
      ...work.copy,
      async put(...args) {
        await work.copy.put(...args);
        await ground.ops.pool.query('UPDATE backup SET delete_marked_at = now() WHERE id = $1', [id]);
      },
    };
    expect(await runCopy({ ...work, copy: late }, id, never)).toBe('skipped');
    expect((await keysThere()).filter((key) => key.startsWith(location))).toEqual([]);
  });

  it('is due again when another place is configured', async () => {
    const { id } = await store();
    await ring();
    const elsewhere = { storage: work.storage.name, place: 's3://elsewhere' };
    await enterCopies(work.pool, elsewhere);
    expect(await listDueCopies(work.pool, elsewhere)).toEqual([id]);
  });

  if (kind === 'a bucket')
    it('does not believe a yes when what is there is something else', async () => {
      const { id, location } = await store();
      server.misbehave = (what) => (what === 'PUT object' ? 'flip' : undefined);
      expect(await ring()).toEqual(['retry']);
      expect(await row(id)).toMatchObject({
        reason: 'copy_differs',
        error: expect.stringContaining('are not the 1000 that were written'),
      });
      expect((await keysThere()).filter((key) => key.startsWith(location))).toEqual([]);
    });
  else
    it('does not make its folder anew where a disk is not mounted', async () => {
      await store();
      await rm(work.copy.place, { recursive: true });
      expect(await ring()).toEqual(['retry']);
      await mkdir(work.copy.place);
    });
});
