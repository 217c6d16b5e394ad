import { generateKeyPairSync, randomBytes, type KeyObject } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { createTestDatabase, waitUntil, type TestDatabase } from '@swfx/testkit';
import { register } from 'prom-client';
import { configSchema } from './config';
import { createProgram } from './operator/create-program';
import { drillRecovery, findDrillBackup, readRecoveryKey } from './operator/drill-recovery';
import { findZstd } from './programs/find-zstd';
import { proveBackup } from './prove/prove-backup';
import { chooseKeys } from './seal/backup-keys';
import type { Manifest } from './seal/manifest';
import { openLocalStorage } from './storage/local-storage';
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
    const { location } = await ground.judged(id);
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
    const work = { storage, keys: chooseKeys(config), path: config.PATH, scratchFolder: undefined };
    return proveBackup({ location: '.' }, work, new AbortController().signal);
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

  it('is not called bad where its key is not at hand', async () => {
    const other = { ...keys, BACKUP_ENCRYPTION_KEYS: `other:${key()}` };
    expect(await prove(other)).toEqual({
      verdict: 'CANNOT_VERIFY_HERE',
      reason: 'it is encrypted with the key old, which BACKUP_ENCRYPTION_KEYS does not have',
    });
  });

  describe('its recovery key', () => {
    const drill = async (privateKey: KeyObject) => {
      const zstd = (await findZstd(process.env['PATH'] ?? '')) as string;
      const signal = new AbortController().signal;
      const options = { storage: await openLocalStorage(folder), keys: chooseKeys({}), zstd, signal };
      return drillRecovery('.', privateKey, options);
    };

    it('opens it without any key that a server has', async () => {
      expect(await drill(recovery.privateKey)).toMatchObject({
        opened: true,
        backup: id,
        database: 'platform',
      });
      const file = join(ground.folder, 'recovery.pem');
      await writeFile(file, recovery.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      expect((await readRecoveryKey(file)).equals(recovery.privateKey)).toBe(true);
      expect(await findDrillBackup(ground.ops.pool, 'local', undefined)).toMatch(id);
    });

    it('is drilled by a command, which says so and is audited', async () => {
      const file = join(ground.folder, 'recovery.pem');
      await writeFile(file, recovery.privateKey.export({ format: 'pem', type: 'pkcs8' }));
      let said = '';
      const write = jest
        .spyOn(process.stdout, 'write')
        .mockImplementation((text) => ((said += String(text)), true));
      register.clear();
      await createProgram({ ...base, ...keys }).parseAsync([
        'node',
        'swfx',
        'backup',
        'drill',
        '--key',
        file,
      ]);
      write.mockRestore();
      expect(said).toMatch(
        new RegExp(`The recovery key opens backup ${id} of platform: .* are what was dumped`),
      );
      const { rowCount } = await ground.ops.pool.query(
        `SELECT 1 FROM audit_event WHERE record::json ->> 'command' = 'backup drill'`,
      );
      expect(rowCount).toBe(1);
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
