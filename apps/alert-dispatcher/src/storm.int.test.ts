import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@swfx/testkit';
import { bundleDispatcher } from './testing/bundle-dispatcher';
import { runFlood } from './testing/run-flood';
import { runStorm } from './testing/run-storm';

/** The short forms of `npm run storm:alerts`. */
describe('two dispatchers', () => {
  let folder: string;
  let program: string;
  const opened: (TestDatabase | TestRedis)[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'swfx-dispatcher-bundle-'));
    program = await bundleDispatcher(folder);
  });
  afterAll(async () => {
    await Promise.all(opened.map((one) => one.drop()));
    await rm(folder, { recursive: true, force: true });
  });

  const ground = async () => {
    const [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    opened.push(database, redis);
    const databaseUrl = await database.urlAs('swfx_dispatcher');
    const quiet = { random: Math.random, log: () => undefined };
    return { program, adminUrl: database.url, databaseUrl, redisUrl: redis.url, ...quiet };
  };

  it('that are killed lose nothing, reverse nothing, and repeat no more than what was in doubt', async () => {
    const report = await runStorm({ ...(await ground()), incidents: 150, kills: 3 });
    expect(report).toMatchObject({ accepted: 300, lost: 0, resolvedBeforeFiring: 0, broken: [] });
    expect(report.told).toBeGreaterThan(0);
  });

  it('tell of a flood of alerts, each alone or in a digest, within the budget', async () => {
    const report = await runFlood({ ...(await ground()), alerts: 200, seconds: 2 });
    expect(report).toMatchObject({ broken: [], budget: { burst: 5, perSecond: 1, perHour: 100 } });
    expect(report.alone + report.digested).toBe(200);
  });
});
