import { inspect } from 'node:util';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@swfx/config';
import { configSchema } from './config';
import { chooseKeys } from './seal/backup-keys';

const ops = { DATABASE_URL: 'postgres://u:p@h/ops', REDIS_URL: 'redis://h' };
const platform = '[{"name":"platform","url":"postgres://u:canary@h/platform"}]';
const load = (settings: Record<string, string>) => loadConfig(configSchema, { ...ops, ...settings });

describe('the configuration', () => {
  it('takes targets as JSON and keeps their passwords to itself', () => {
    const config = load({ BACKUP_TARGETS: platform });
    expect(config.BACKUP_TARGETS).toMatchObject([{ name: 'platform', address: { database: 'platform' } }]);
    expect(`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`).not.toContain('canary');
  });

  it('takes a role of its own for restores, and lays what a database says over what holds for all', () => {
    const own = { cron: '30 3 * * *', timezone: 'Europe/Berlin', blackouts: ['Mon-Fri 08:00-18:00'] };
    const url = 'postgres://backup@db/shop';
    const value = [
      { name: 'shop', url, restoreUrl: 'postgres://owner@db/shop', ...own, retention: { days: 3 } },
    ];
    const config = load({ BACKUP_TARGETS: JSON.stringify(value) });
    expect(config.BACKUP_TARGETS).toMatchObject([
      {
        address: { user: 'backup' },
        restoreAddress: { user: 'owner' },
        schedule: { cron: '30 3 * * *', timezone: 'Europe/Berlin', blackouts: [{ from: 480, to: 1080 }] },
        retention: { withinDays: 3 },
      },
    ]);
    const elsewhere = [{ name: 'shop', url, restoreUrl: 'postgres://owner@db/bank' }];
    expect(() => load({ BACKUP_TARGETS: JSON.stringify(elsewhere) })).toThrow('must name the same database');
  });

  it('takes targets from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swfx-targets-'));
    const file = join(folder, 'targets.json');
    await writeFile(file, platform);
    expect(load({ BACKUP_TARGETS: file }).BACKUP_TARGETS).toHaveLength(1);
    expect(load({ BACKUP_TARGETS_FILE: file }).BACKUP_TARGETS).toHaveLength(1);
    await rm(folder, { recursive: true });
  });

  it('takes a server for proofs, from a file too, and keeps its password to itself', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'swfx-prove-'));
    const file = join(folder, 'url');
    await writeFile(file, 'postgres://prover:canary@proofs:5433/postgres\n');
    const config = load({ BACKUP_TARGETS: platform, BACKUP_PROVE_URL_FILE: file });
    expect(config.BACKUP_PROVE_URL).toMatchObject({ host: 'proofs', port: 5433, database: 'postgres' });
    expect(`${inspect(config, { depth: 9 })}${JSON.stringify(config)}`).not.toContain('canary');
    const refuse = () => load({ BACKUP_TARGETS: platform, BACKUP_PROVE_URL: 'http://u:canary@h/d' });
    expect(refuse).toThrow('BACKUP_PROVE_URL must start with postgres://');
    expect(refuse).not.toThrow('canary');
    await rm(folder, { recursive: true });
  });

  it.each([
    ['[]', 'at least one'],
    ['[{"name":"Platform","url":"postgres://u:canary@h/d"}]', 'lower-case'],
    ['[{"name":"../x","url":"postgres://u:canary@h/d"}]', 'lower-case'],
    ['[{"name":"a","url":"postgres://u:canary@h/d"},{"name":"a","url":"postgres://u:canary@h/e"}]', 'twice'],
    ['[{"name":"a","url":"http://u:canary@h/d"}]', 'postgres://'],
    ['[{"name":"a","url":"postgres://u:canary@h/d"},}]', 'JSON'],
    ['/no/such/file', 'JSON'],
  ])('refuses %s, and does not repeat the password', (value, problem) => {
    const refuse = () => load({ BACKUP_TARGETS: value });
    expect(refuse).toThrow(problem);
    expect(refuse).not.toThrow('canary');
  });

  it('encrypts where a key is given, and refuses what would encrypt with nothing', () => {
    const key = `a:${Buffer.alloc(32, 1).toString('base64')}`;
    expect(chooseKeys(load({ BACKUP_TARGETS: platform }))).toMatchObject({ encrypt: false });
    expect(chooseKeys(load({ BACKUP_TARGETS: platform, BACKUP_ENCRYPTION_KEYS: key }))).toMatchObject({
      encrypt: true,
    });
    expect(() => load({ BACKUP_TARGETS: platform, BACKUP_ENCRYPTION_ENABLED: 'True' })).toThrow(
      'BACKUP_ENCRYPTION_ENABLED is true, and BACKUP_ENCRYPTION_KEYS is not given',
    );
    const off = { BACKUP_TARGETS: platform, BACKUP_ENCRYPTION_KEYS: key, BACKUP_ENCRYPTION_ENABLED: 'false' };
    expect(chooseKeys(load(off))).toMatchObject({ encrypt: false });
    expect(() => load({ ...off, BACKUP_RECOVERY_RECIPIENT: 'nonsense' })).toThrow(
      'must be an X25519 public key',
    );
  });

  it('names all that an S3 storage lacks', () => {
    const refuse = () => load({ BACKUP_TARGETS: platform, BACKUP_STORAGE_ADAPTER: 's3' });
    for (const name of ['BUCKET', 'ACCESS_KEY_ID', 'SECRET_ACCESS_KEY'])
      expect(refuse).toThrow(`BACKUP_S3_${name} is required for BACKUP_STORAGE_ADAPTER=s3`);
  });

  it('refuses a storage that there is not, and a schedule that is none', () => {
    const refuse = () =>
      load({ BACKUP_TARGETS: platform, BACKUP_STORAGE_ADAPTER: 'tape', BACKUP_SCHEDULE_CRON: 'daily' });
    expect(refuse).toThrow(/BACKUP_STORAGE_ADAPTER must be one of local, s3.*BACKUP_SCHEDULE_CRON/s);
  });

  it('takes a place for second copies that is another one, with what it needs', () => {
    const withCopy = (settings: Record<string, string>) => load({ BACKUP_TARGETS: platform, ...settings });
    expect(withCopy({}).BACKUP_COPY_TO).toBeUndefined();
    expect(withCopy({ BACKUP_COPY_TO: '/mnt/second' }).BACKUP_COPY_TO).toEqual({
      adapter: 'local',
      folder: '/mnt/second',
    });
    expect(() => withCopy({ BACKUP_COPY_TO: 's3://second/here' })).toThrow(
      'BACKUP_COPY_S3_SECRET_ACCESS_KEY is required for BACKUP_COPY_TO',
    );
    expect(() => withCopy({ BACKUP_COPY_TO: 'https://second' })).toThrow('must be a folder or');
    expect(() => withCopy({ BACKUP_DIR: 'kept', BACKUP_COPY_TO: './kept/' })).toThrow('lost with it');
    const bucket = {
      BACKUP_STORAGE_ADAPTER: 's3',
      BACKUP_S3_BUCKET: 'one',
      BACKUP_S3_PREFIX: '/here/',
      BACKUP_S3_ACCESS_KEY_ID: 'id',
      BACKUP_S3_SECRET_ACCESS_KEY: 'key',
      BACKUP_COPY_S3_ACCESS_KEY_ID: 'id',
      BACKUP_COPY_S3_SECRET_ACCESS_KEY: 'key',
    };
    expect(() => withCopy({ ...bucket, BACKUP_COPY_TO: 's3://one/here' })).toThrow('lost with it');
    expect(withCopy({ ...bucket, BACKUP_COPY_TO: 's3://one/there' }).BACKUP_COPY_TO).toBeDefined();
  });

  it('refuses a configuration by which nothing would ever be proven', () => {
    const proving = (settings: Record<string, string>) => () =>
      load({ BACKUP_TARGETS: platform, ...settings });
    expect(proving({ BACKUP_PROVE_EACH: 'false' })).toThrow('nothing would ever be proven');
    expect(proving({ BACKUP_PROVE_EACH: 'false', BACKUP_PROVE_SCHEDULE_CRON: '0 5 * * 0' })).not.toThrow();
  });
});
