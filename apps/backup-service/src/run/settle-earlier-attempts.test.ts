import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { serialiseManifest } from '../seal/manifest';
import { chooseKeys } from '../seal/backup-keys';
import { attemptFolder } from '../storage/backup-folder';
import type { BackupStorage } from '../storage/backup-storage';
import { openLocalStorage } from '../storage/local-storage';
import { describeTestBackup } from '../testing/store-backup';
import { settleEarlierAttempts } from './settle-earlier-attempts';

const never = new AbortController().signal;
const keys = chooseKeys({});
const id = '6f1e6f0e-2a0b-4c6e-9d8e-0a1b2c3d4e5f';
const run = { id, database: 'platform', requestedAt: new Date('2026-11-27T02:00:00Z'), attempt: 4 };
const manifest = describeTestBackup({ id, dump: Buffer.from('dump'), keys, daysAgo: 0 });

describe('settleEarlierAttempts', () => {
  let root: string;
  let storage: BackupStorage;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'swfx-settle-'));
    storage = await openLocalStorage(root);
  });
  afterEach(() => rm(root, { recursive: true }));
  const folder = (attempt: number) => attemptFolder({ ...run, attempt });
  const put = (key: string, content: string) =>
    storage.put(key, Readable.from([Buffer.from(content)]), never);
  const settle = (using = storage) => settleEarlierAttempts({ storage: using, keys }, run);
  const left = async () => (await storage.list('')).map(({ key }) => key).sort();

  it('removes what is no backup, and nothing where there was no attempt', async () => {
    await put(`${folder(1)}/dump.pgdump.zst.partial`, 'half');
    await put(`${folder(2)}/manifest.json`, '{"format":');
    await put(`${folder(4)}/dump.pgdump.zst`, 'of this attempt');
    expect(await settleEarlierAttempts({ storage, keys }, { ...run, attempt: 1 })).toBeUndefined();
    expect(await left()).toHaveLength(3);
    expect(await settle()).toBeUndefined();
    expect(await left()).toEqual([`${folder(4)}/dump.pgdump.zst`]);
  });

  it('finds the backup that was made, though a list does not show it yet', async () => {
    await put(`${folder(2)}/manifest.json`, serialiseManifest(manifest));
    expect(await settle({ ...storage, list: async () => [] })).toMatchObject({ folder: folder(2) });
  });

  it('leaves alone what a newer release may have made', async () => {
    await put(`${folder(3)}/manifest.json`, JSON.stringify({ ...manifest, version: 99 }));
    expect(await settle()).toBeUndefined();
    expect(await left()).toEqual([`${folder(3)}/manifest.json`]);
  });
});
