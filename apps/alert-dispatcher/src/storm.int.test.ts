import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@swfx/testkit';
import { bundleDispatcher } from './testing/bundle-dispatcher';
import { runStorm } from './testing/run-storm';

describe('a storm of alerts over dispatchers that are killed', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-dispatcher-bundle-'));
    [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
  });
  afterAll(async () => {
    await Promise.all([database.drop(), redis.drop()]);
    await rm(folder, { recursive: true, force: true });
  });

  it('loses nothing, reverses nothing, and repeats no more than what was in doubt', async () => {
    const report = await runStorm({
      program: await bundleDispatcher(folder),
      adminUrl: database.url,
      databaseUrl: await database.urlAs('swfx_dispatcher'),
      redisUrl: redis.url,
      incidents: 150,
      kills: 3,
      random: Math.random,
      log: () => undefined,
    });
    expect(report).toMatchObject({ accepted: 300, broken: [] });
    expect(report.told).toBeGreaterThan(0);
  });
});
