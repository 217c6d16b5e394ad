import { Secret } from '@swfx/config';
import { createSilentLogger } from '@swfx/logging';
import { createTestRedis, startTestRedis, waitUntil } from '@swfx/testkit';
import { tryLock } from './lock';
import { closeRedis, connectRedis } from './redis';

const connect = (url: string) =>
  connectRedis({ url: new Secret(url), name: 'test', role: 'command', logger: createSilentLogger() });

describe('tryLock', () => {
  it('is held by one, and free again when that one releases it', async () => {
    const server = await createTestRedis();
    const redis = connect(server.url);
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 30_000 });
    const first = await tryLock(redis, 'lock:test', 30_000);
    expect(first.outcome).toBe('acquired');
    expect((await tryLock(redis, 'lock:test', 30_000)).outcome).toBe('contended');
    if (first.outcome === 'acquired') await first.release();
    expect((await tryLock(redis, 'lock:test', 30_000)).outcome).toBe('acquired');
    await closeRedis(redis);
    await server.drop();
  });

  it('says that Redis is away rather than that another holds it', async () => {
    const server = await startTestRedis();
    const redis = connect(server.url);
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 30_000 });
    await server.stop();
    expect((await tryLock(redis, 'lock:test', 30_000)).outcome).toBe('unavailable');
    await closeRedis(redis);
    await server.drop();
  });

  it('says so of a Redis that answers but takes no writes', async () => {
    const server = await createTestRedis();
    const redis = connect(server.url);
    await waitUntil(() => redis.status === 'ready', { timeoutMs: 30_000 });
    await server.client.config('SET', 'maxmemory', '1');
    expect((await tryLock(redis, 'lock:test', 30_000)).outcome).toBe('unavailable');
    await closeRedis(redis);
    await server.drop();
  });
});
