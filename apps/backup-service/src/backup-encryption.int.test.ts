import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { createTestDatabase, type TestDatabase } from '@swfx/testkit';
import { configSchema } from './config';
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
  const keys = {
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
