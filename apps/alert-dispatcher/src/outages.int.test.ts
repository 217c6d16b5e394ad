import { randomUUID } from 'node:crypto';
import { migrate } from '@swfx/database';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import { startHttpStandIn, startTestPostgres, startTestRedis, waitUntil } from '@swfx/testkit';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { listAlerts } from './operator/list-alerts';
import { exampleAlert, startTestDispatcher, type TestDispatcher } from './start-test-dispatcher';

describe('the dispatcher in outages', () => {
  let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
  let redis: Awaited<ReturnType<typeof startTestRedis>>;
  let slack: SlackStandIn;
  let pool: Pool;
  let dispatcher: TestDispatcher;

  beforeAll(async () => {
    [postgres, redis, slack] = await Promise.all([
      startTestPostgres(),
      startTestRedis({ persistent: true }),
      createSlackStandIn({ port: 0 }),
    ]);
    await migrate({ databaseUrl: postgres.url() });
    pool = new Pool({ connectionString: postgres.url() });
    pool.on('error', () => undefined);
  });
  afterEach(async () => {
    await dispatcher.stop();
    slack.clear();
  });
  afterAll(async () => {
    await pool.end();
    await Promise.all([postgres.drop(), redis.drop(), slack.stop()]);
  });

  const start = async (webhookUrl = slack.webhookUrl, redisUrl = redis.url) => {
    dispatcher = await startTestDispatcher({
      databaseUrl: postgres.url(),
      redisUrl,
      registry: new Registry(),
      settings: { SLACK_ALERTING_ENABLED: 'true', SLACK_WEBHOOK_URL: webhookUrl },
    });
  };
  const untilSent = (id: string) =>
    waitUntil(async () => (await listAlerts(pool, { limit: 1, id }))[0]?.state === 'sent');
  const titles = () => slack.messages().map((message) => message.text.split('\n')[0] ?? '');
  const ofEngines = /(Postgres|Redis) is down$/;
  /** It has just happened: what is old is told together with what else waits. */
  const newAlert = (title: string) => exampleAlert({ title, occurredAt: new Date().toISOString() });
  /** But for what the dispatcher itself says of an engine that is down for longer than a moment. */
  const shown = () => titles().filter((title) => !ofEngines.test(title));

  it('delivers while Redis is down, and says so at once', async () => {
    await start();
    await redis.stop();
    await waitUntil(() => titles().includes('🚨 [TEST] Redis is down'));
    const alert = exampleAlert({ title: 'Without Redis' });
    await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    await untilSent(alert.id);
    expect(await (await dispatcher.get('/health')).json()).toMatchObject({ checks: { redis: 'unhealthy' } });
    expect((await dispatcher.get('/readyz')).status).toBe(200);
    expect(shown()).toEqual(['🚨 [TEST] Without Redis']);
    await redis.start();
  });

  it('accepts alerts into a durable Redis while Postgres is down, and delivers them when it is back', async () => {
    await start();
    await waitUntil(async () => (await dispatcher.get('/health')).status === 200);
    await postgres.stop();
    const alerts = [newAlert('First held'), newAlert('Second held')];
    for (const alert of alerts)
      await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    expect((await dispatcher.get('/readyz')).status).toBe(200);
    expect(await (await dispatcher.get('/health')).json()).toMatchObject({
      checks: { database: 'unhealthy' },
    });
    await redis.kill();
    await redis.start();
    await postgres.start();
    for (const alert of alerts) await untilSent(alert.id);
    // The one message that was in doubt when Redis was killed may be there twice.
    expect(new Set(shown())).toEqual(new Set(['🚨 [TEST] First held', '🚨 [TEST] Second held']));
    expect(shown().length).toBeLessThanOrEqual(3);
  });

  it('sends while Postgres is down, says so, and repeats nothing when it is back', async () => {
    await start();
    await waitUntil(async () => (await dispatcher.get('/health')).status === 200);
    await postgres.stop();
    await waitUntil(() => titles().includes('🚨 [TEST] Postgres is down'));
    const [lasting, ending] = [newAlert('It lasts'), newAlert('It ends')];
    for (const alert of [lasting, lasting, ending])
      await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    await waitUntil(() => shown().length === 2);
    await dispatcher.postAlert({ ...ending, id: randomUUID(), status: 'resolved', title: 'Well again' });
    await waitUntil(() => shown().length === 3);
    expect(shown().at(-1)).toBe('✅ [TEST] Resolved: It ends');
    await postgres.start();
    for (const alert of [lasting, ending]) await untilSent(alert.id);
    const later = exampleAlert({ title: 'Afterwards' });
    await waitUntil(async () => (await dispatcher.postAlert(later)).status === 202);
    await untilSent(later.id);
    expect(shown()).toHaveLength(4);
    expect(await dispatcher.metric('alerts_possible_duplicates_total{destination="slack"}')).toBe(0);
  });

  it('accepts alerts while Postgres hangs, and delivers each once when it goes on', async () => {
    await start();
    await waitUntil(async () => (await dispatcher.get('/health')).status === 200);
    await postgres.pause();
    const alert = exampleAlert({ title: 'While it hung' });
    expect((await dispatcher.postAlert(alert)).status).toBe(202);
    await postgres.resume();
    await untilSent(alert.id);
    expect(shown()).toEqual(['🚨 [TEST] While it hung']);
  });

  it('loses nothing that it has accepted when Redis is flushed while Postgres is down', async () => {
    await start();
    await waitUntil(async () => (await dispatcher.get('/health')).status === 200);
    await postgres.stop();
    const alert = exampleAlert({ title: 'Flushed' });
    await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    await postgres.start();
    await untilSent(alert.id);
    expect(new Set(shown())).toEqual(new Set(['🚨 [TEST] Flushed']));
  });

  it('puts aside what it cannot read, and goes on', async () => {
    const client = new Redis(redis.url);
    await client.rpush(
      'alert-dispatcher:held-alerts',
      '{"v":9}',
      JSON.stringify(exampleAlert({ title: 'Behind it' })),
    );
    await start();
    await waitUntil(() => shown().length > 0);
    expect(shown()).toEqual(['🚨 [TEST] Behind it']);
    const aside = () => client.lrange('alert-dispatcher:unreadable-alerts', 0, -1);
    await waitUntil(async () => (await aside()).length > 0);
    expect(await aside()).toEqual(['{"v":9}']);
    client.disconnect();
  });

  it('accepts nothing that it could lose: 503 while Postgres is down and Redis keeps its data in memory', async () => {
    const forgetful = await startTestRedis();
    await start(slack.webhookUrl, forgetful.url);
    await postgres.stop();
    const response = await dispatcher.postAlert(exampleAlert());
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('10');
    expect(await response.json()).toMatchObject({ code: 'database_unavailable' });
    const readiness = await dispatcher.get('/readyz');
    expect(readiness.status).toBe(503);
    expect(await readiness.json()).toMatchObject({
      ready: false,
      reason: expect.stringContaining('Postgres'),
    });
    await postgres.start();
    await forgetful.drop();
  });

  it('starts with everything down, and works when it is there', async () => {
    await Promise.all([postgres.stop(), redis.stop()]);
    await start();
    expect((await dispatcher.get('/readyz')).status).toBe(503);
    await Promise.all([postgres.start(), redis.start()]);
    const alert = exampleAlert({ title: 'After the outage' });
    await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    await untilSent(alert.id);
  });

  it('does not repeat a message because Postgres was away when it was to be marked', async () => {
    const third = await startHttpStandIn(async ({ body }) => {
      if (body.includes('Posted and not marked')) await postgres.kill();
      return { body: 'ok' };
    });
    await start(`${third.url}/services/T000/B000/x`);
    const alert = exampleAlert({ title: 'Posted and not marked' });
    await waitUntil(async () => (await dispatcher.postAlert(alert)).status === 202);
    await third.received(1);
    await waitUntil(async () => (await dispatcher.get('/health')).status === 503);
    await postgres.start();
    await untilSent(alert.id);
    expect(third.requests.filter(({ body }) => body.includes('Posted and not marked'))).toHaveLength(1);
    await third.stop();
  });
});
