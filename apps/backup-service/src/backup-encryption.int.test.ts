import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { configSchema } from './config';
import { drillRecovery, findDrillBackup, readRecoveryKey } from './operator/drill-recovery';
import { proveBackup } from './prove/prove-backup';
import { chooseKeys } from './seal/backup-keys';
import type { Manifest } from './seal/manifest';
import { openLocalStorage } from './storage/local-storage';
import { runCommand } from './testing/run-command';
import { standInCredentials, startS3StandIn } from './testing/s3-stand-in';
import { prepareGround, targets, type TestGround, type TestService } from './testing/start-test-service';

const key = () => randomBytes(32).toString('base64');

describe('a backup that is encrypted and signed', () => {
  const old = `old:${key()}`;
  const signing = `sign:${key()}`;
  const recovery = generateKeyPairSync('x25519');
  const recipient = recovery.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  let ground: TestGround;
  let source: TestDatabase;
  let service: TestService;
  let keys = {
    BACKUP_ENCRYPTION_KEYS: old,
    BACKUP_SIGNING_KEYS: signing,
    BACKUP_RECOVERY_RECIPIENT: recipient,
  };
  let id: string;
  let base: Record<string, string>;
  let location: string;
  let folder: string;
  let whole: string;

  beforeAll(async () => {
    ground = await prepareGround();
    base = await ground.environment('swfx_operator');
    source = await createTestDatabase({ migrate: false });
    await source.pool.query(
      `CREATE TABLE secrets (s text); INSERT INTO secrets SELECT 'canary ' || g FROM generate_series(1, 9000) g`,
    );
    service = await ground.start({ BACKUP_TARGETS: targets(source.url), ...keys });
    id = await ground.request();
    ({ location } = await ground.judged(id));
    folder = join(ground.backupDir, location);
    whole = await readFile(join(folder, 'manifest.json'), 'utf8');
  });
  afterAll(async () => {
    await service.stop();
    await source.drop();
    await ground.drop();
  });

  async function prove(settings: Record<string, string>) {
    const environment = { ...base, BACKUP_TARGETS: targets(source.url), ...settings };
    const config = loadConfig(configSchema, environment);
    const storage = await openLocalStorage(folder);
    const work = { storage, keys: chooseKeys(config), path: config.PATH };
    const where = { scratchFolder: undefined, proofServer: undefined };
    return proveBackup({ location: '.' }, { ...work, ...where }, new AbortController().signal);
  }

  it('hides what it holds, names who can open it, and is proven like any other', async () => {
    expect(await ground.judged(id)).toMatchObject({ verdict: 'PROVEN' });
    expect(await readdir(folder)).toEqual(['dump.pgdump.zst.sealed', 'manifest.json']);
    const manifest = JSON.parse(whole) as Manifest;
    expect(manifest.encryption?.keys).toMatchObject([
      { recipient: 'ring', key_id: 'old' },
      { recipient: 'recovery' },
    ]);
    expect(manifest.signature).toMatchObject({ algorithm: 'Ed25519', key_id: 'sign' });
  });

  it.each([
    ['was changed', (text: string) => text.replace('"rows": 9000', '"rows": 9001'), 'is not what was signed'],
    [
      'lost its signature',
      (text: string) => text.replace(/"signature": {[^}]*}/, '"signature": null'),
      'is not signed',
    ],
    ['was cut', (text: string) => text.slice(0, -3), 'is not JSON'],
  ])('is corrupt when its manifest %s', async (_, change, problem) => {
    await writeFile(join(folder, 'manifest.json'), change(whole));
    expect(await prove(keys)).toEqual({ verdict: 'CORRUPT', reason: `the manifest ${problem}` });
    await writeFile(join(folder, 'manifest.json'), whole);
  });

  it('is not called bad when a newer release has written it', async () => {
    await writeFile(join(folder, 'manifest.json'), whole.replace('"version": 3', '"version": 9'));
    expect(await prove(keys)).toEqual({
      verdict: 'CANNOT_VERIFY_HERE',
      reason: 'the manifest has version 9, which a newer release wrote',
    });
    await writeFile(join(folder, 'manifest.json'), whole);
  });

  it('is not called bad where the key that it was signed with is not at hand, or a newer release wrote it', async () => {
    expect(await prove({ ...keys, BACKUP_SIGNING_KEYS: `other:${key()}` })).toEqual({
      verdict: 'CANNOT_VERIFY_HERE',
      reason: 'the manifest is signed with the key sign, which BACKUP_SIGNING_KEYS does not have',
    });
    await writeFile(join(folder, 'manifest.json'), whole.replace(/"version": \d+/, '"version": 99'));
    expect(await prove(keys)).toMatchObject({ verdict: 'CANNOT_VERIFY_HERE' });
    await writeFile(join(folder, 'manifest.json'), whole);
  });

  it('is not called bad where its key is not at hand', async () => {
    const other = { ...keys, BACKUP_ENCRYPTION_KEYS: `other:${key()}` };
    expect(await prove(other)).toEqual({
      verdict: 'CANNOT_VERIFY_HERE',
      reason: 'it is encrypted with the key old, which BACKUP_ENCRYPTION_KEYS does not have',
    });
  });

  describe('its recovery key', () => {
    const drill = async (privateKey: KeyObject) => {
      const signal = new AbortController().signal;
      const path = process.env['PATH'] ?? '';
      const options = { storage: await openLocalStorage(folder), keys: chooseKeys({}), path, signal };
      return drillRecovery('.', privateKey, options);
    };

    const pem = async (key = recovery.privateKey) => {
      const file = join(ground.folder, 'recovery.pem');
      await writeFile(file, key.export({ format: 'pem', type: 'pkcs8' }));
      return file;
    };

    it('opens it without any key that a server has', async () => {
      expect(await drill(recovery.privateKey)).toMatchObject({
        opened: true,
        backup: id,
        database: 'platform',
      });
      expect((await readRecoveryKey(await pem())).equals(recovery.privateKey)).toBe(true);
      expect(await findDrillBackup(ground.ops.pool, 'local', undefined)).toMatch(id);
    });

    it('is drilled by a command, which says so and is audited', async () => {
      const drilled = await runCommand({ ...base, ...keys }, 'drill', '--key', await pem());
      expect(drilled).toMatchObject({
        exitCode: 0,
        out: expect.stringMatching(`The recovery key opens backup ${id} of platform: .* are what was dumped`),
      });
      const { rowCount } = await ground.ops.pool.query(
        `SELECT 1 FROM audit_event WHERE record::json ->> 'command' = 'backup drill'`,
      );
      expect(rowCount).toBe(1);
    });

    it('proves nothing where new backups are wrapped to another one, unless an old backup is meant', async () => {
      const next = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
      const rotated = { ...base, ...keys, BACKUP_RECOVERY_RECIPIENT: next.toString('base64') };
      expect(await runCommand(rotated, 'drill', '--key', await pem())).toMatchObject({
        exitCode: 1,
        out: expect.stringContaining('name a backup to drill an old key'),
      });
      expect(await runCommand(rotated, 'drill', id, '--key', await pem())).toMatchObject({ exitCode: 0 });
    });

    it('is all that a new machine needs, with the storage: no ops database, and no key of a server', async () => {
      const server = await startS3StandIn('disaster');
      for (const file of await readdir(folder))
        server.objects.set(`off/site/${location}/${file}`, await readFile(join(folder, file)));
      const bare = {
        PATH: process.env['PATH'] ?? '',
        BACKUP_S3_ENDPOINT: server.url,
        BACKUP_S3_ACCESS_KEY_ID: standInCredentials.accessKeyId,
        BACKUP_S3_SECRET_ACCESS_KEY: standInCredentials.secretAccessKey,
      };
      const into = Object.assign(new URL(source.url), { pathname: '/from_nothing' }).href;
      const from = ['--from', 's3://disaster/off/site', '--into', into, '--yes'];
      await expect(runCommand(bare, 'restore', 'platform', ...from)).rejects.toThrow(
        'it is encrypted, and BACKUP_ENCRYPTION_KEYS is not given',
      );
      const other = await pem(generateKeyPairSync('x25519').privateKey);
      await expect(runCommand(bare, 'restore', 'platform', ...from, '--recovery-key', other)).rejects.toThrow(
        'was not encrypted to the recovery key',
      );
      expect(
        await runCommand(bare, 'restore', 'platform', ...from, '--recovery-key', await pem()),
      ).toMatchObject({
        exitCode: 0,
        out: expect.stringContaining(`Restored backup ${id} into from_nothing`),
      });
      await server.stop();
      await source.pool.query('DROP DATABASE from_nothing');
    });

    it('is told from another', async () => {
      expect(await drill(generateKeyPairSync('x25519').privateKey)).toMatchObject({
        opened: false,
        reason: expect.stringContaining('was not encrypted to the recovery key'),
      });
    });
  });

  it('is wrapped and signed anew when the keys are rotated, and opens without the old ones', async () => {
    const dumpBefore = await readFile(join(folder, 'dump.pgdump.zst.sealed'));
    const next = { encryption: `new:${key()}`, signing: `next:${key()}` };
    await service.stop();
    service = await ground.start({
      BACKUP_TARGETS: targets(source.url),
      ...keys,
      BACKUP_ENCRYPTION_KEYS: `${next.encryption},${old}`,
      BACKUP_SIGNING_KEYS: `${next.signing},${signing}`,
    });
    await waitUntil(async () => (await ground.auditActions(id)).includes('db_backup_rewrapped'));
    whole = await readFile(join(folder, 'manifest.json'), 'utf8');
    expect(JSON.parse(whole)).toMatchObject({ encryption: { keys: [{ key_id: 'new' }, {}] } });
    expect((await readFile(join(folder, 'dump.pgdump.zst.sealed'))).equals(dumpBefore)).toBe(true);
    const { rows } = await ground.ops.pool.query('SELECT manifest FROM backup WHERE id = $1', [id]);
    expect(rows).toEqual([{ manifest: JSON.parse(whole) }]);
    keys = { ...keys, BACKUP_ENCRYPTION_KEYS: next.encryption, BACKUP_SIGNING_KEYS: next.signing };
    expect(await prove(keys)).toMatchObject({ verdict: 'PROVEN' });
  });

  it('is corrupt when its dump is not the one that was written', async () => {
    const file = join(folder, 'dump.pgdump.zst.sealed');
    const dump = await readFile(file);
    await writeFile(file, dump.subarray(0, -1));
    expect(await prove(keys)).toMatchObject({
      verdict: 'CORRUPT',
      reason: expect.stringContaining('not those that were written'),
    });
  });
});
