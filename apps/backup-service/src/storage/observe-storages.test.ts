import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSilentLogger } from '@swfx/logging';
import { createMetrics } from '@swfx/metrics';
import { waitUntil } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { openLocalStorage } from './local-storage';
import { observeStorages, type StorageObserver } from './observe-storages';

describe('observeStorages', () => {
  let folder: string;
  let registry: Registry;
  let observer: StorageObserver;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-observe-'));
    registry = new Registry();
    const metrics = createMetrics({
      service: 'test',
      version: '1',
      environment: 'test',
      names: ['backup_storage_up', 'backup_storage_used_bytes', 'backup_storage_free_bytes'],
      registry,
    });
    const storage = await openLocalStorage(join(folder, 'copies'), 'copy');
    await writeFile(join(folder, 'copies', 'object'), '0123456789');
    const inBucket = { ...storage, name: 's3', freeBytes: async () => undefined };
    observer = observeStorages([storage, inBucket], {
      everySeconds: 1,
      metrics,
      logger: createSilentLogger(),
    });
  });
  afterEach(async () => {
    await observer.stop();
    await rm(folder, { recursive: true });
  });
  async function gauge(name: string, storage = 'copy'): Promise<number | undefined> {
    const metric = await registry.getSingleMetric(`backup_storage_${name}`)?.get();
    return metric?.values.find(({ labels }) => labels['storage'] === storage)?.value;
  }

  it('tells what each holds and has free, where it has an end', async () => {
    expect(await gauge('used_bytes')).toBe(0);
    await waitUntil(async () => (await gauge('used_bytes')) === 10);
    await waitUntil(async () => (await gauge('used_bytes', 's3')) === 10);
    expect(await gauge('free_bytes')).toBeGreaterThan(0);
    expect(await gauge('free_bytes', 's3')).toBeUndefined();
  });

  it('tells that one is away, and that it is back', async () => {
    await rename(join(folder, 'copies'), join(folder, 'away'));
    await waitUntil(async () => (await gauge('up')) === 0);
    await rename(join(folder, 'away'), join(folder, 'copies'));
    await waitUntil(async () => (await gauge('up')) === 1);
  });
});
