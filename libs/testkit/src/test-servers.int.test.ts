import { once } from 'node:events';
import { connect } from 'node:net';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { createTestRedis } from './create-test-redis';
import { startHttpStandIn } from './start-http-stand-in';
import { startTestPostgres } from './start-test-postgres';
import { startTestRedis } from './start-test-redis';

async function query(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  return client
    .query(sql)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

describe('startTestPostgres', () => {
  it('comes back at the same address with its data after it was stopped and after it was killed', async () => {
    const postgres = await startTestPostgres();
    await query(postgres.url(), 'create table kept as select 1 as one');
    await postgres.stop();
    await expect(query(postgres.url(), 'select 1')).rejects.toThrow('ECONNREFUSED');
    await postgres.start();
    await postgres.kill();
    await postgres.start();
    expect(await query(postgres.url(), 'select one from kept')).toEqual([{ one: 1 }]);
    await postgres.drop();
  });

  it('hangs while it is paused and goes on afterwards', async () => {
    const postgres = await startTestPostgres();
    await postgres.pause();
    const answer = query(postgres.url(), 'select 1 as one');
    const socket = connect(postgres.port, '127.0.0.1');
    await once(socket, 'connect');
    socket.destroy();
    await postgres.resume();
    expect(await answer).toEqual([{ one: 1 }]);
    await postgres.drop();
  });
});

describe('startTestRedis', () => {
  it.each([
    ['keeps', true, 'kept'],
    ['loses', false, null],
  ])('%s its data over a crash', async (_, persistent, expected) => {
    const redis = await startTestRedis({ persistent });
    const client = new Redis(redis.url);
    client.on('error', () => undefined);
    await client.set('key', 'kept');
    await redis.kill();
    await redis.start();
    expect(await client.get('key')).toBe(expected);
    client.disconnect();
    await redis.drop();
  });
});

describe('createTestRedis', () => {
  it('keeps the messages of two suites apart', async () => {
    const [one, two] = await Promise.all([createTestRedis(), createTestRedis()]);
    await two.client.subscribe('facts');
    expect(await one.client.publish('facts', 'hint')).toBe(0);
    await Promise.all([one.drop(), two.drop()]);
  });
});

describe('startHttpStandIn', () => {
  it('records what it was sent and answers as it is told', async () => {
    const standIn = await startHttpStandIn(() => ({ status: 429, headers: { 'retry-after': '1' } }));
    const response = await fetch(`${standIn.url}/hook`, { method: 'POST', body: '{"text":"hello"}' });
    const [request] = await standIn.received(1);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    expect(request).toMatchObject({ method: 'POST', path: '/hook' });
    expect(request?.json()).toEqual({ text: 'hello' });
    await standIn.stop();
  });

  it('hangs up, and stops under a request that it never answers', async () => {
    const standIn = await startHttpStandIn(({ path }) =>
      path === '/hang' ? new Promise(() => {}) : 'hang-up',
    );
    await expect(fetch(standIn.url)).rejects.toThrow('fetch failed');
    const hanging = fetch(`${standIn.url}/hang`).catch((error: Error) => error.message);
    await standIn.received(2);
    await standIn.stop();
    expect(await hanging).toBe('fetch failed');
  });
});
