import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import {
  createTestDatabase,
  createTestRedis,
  startHttpStandIn,
  waitUntil,
  type HttpStandIn,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { heartbeatIncident } from './heartbeat/heartbeat-alert';
import { listAlerts } from './operator/list-alerts';
import { startTestDispatcher, type TestDispatcher } from './start-test-dispatcher';

describe('the heartbeat', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let slack: SlackStandIn;
  let outside: HttpStandIn;
  const replicas: TestDispatcher[] = [];

  beforeAll(async () => {
    [database, redis, slack, outside] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      createSlackStandIn({ port: 0 }),
      startHttpStandIn(),
    ]);
    const databaseUrl = await database.urlAs('swfx_dispatcher');
    for (let replica = 0; replica < 2; replica++)
      replicas.push(
        await startTestDispatcher({
          databaseUrl,
          redisUrl: redis.url,
          registry: new Registry(),
          settings: {
            SLACK_ALERTING_ENABLED: 'true',
            SLACK_WEBHOOK_URL: slack.webhookUrl,
            ALERT_HEARTBEAT_URL: `${outside.url}/ping/canary-heartbeat`,
            ALERT_HEARTBEAT_SECONDS: '1',
          },
        }),
      );
  });
  afterAll(async () => {
    await Promise.all(replicas.map((replica) => replica.stop()));
    await Promise.all([database.drop(), redis.drop(), slack.stop(), outside.stop()]);
  });

  it('goes the whole way to the address outside, once for all replicas, and tells people nothing', async () => {
    const [request] = await outside.received(2);
    expect(request).toMatchObject({ method: 'POST', path: '/ping/canary-heartbeat' });
    expect(request?.json()).toMatchObject({ v: 1, at: expect.any(String) });
    const beats = outside.requests.map((each) => (each.json() as { at: string }).at.slice(0, 19));
    expect(new Set(beats).size).toBe(beats.length);
    const { rows } = await database.pool.query(
      `SELECT count(DISTINCT key)::int AS incidents, min(destination) AS destination, count(*)::int AS notices
       FROM alert_incident JOIN alert_notice ON id = incident_id WHERE key = $1`,
      [heartbeatIncident],
    );
    expect(rows).toEqual([{ incidents: 1, destination: 'heartbeat', notices: 1 }]);
    expect(slack.messages()).toEqual([]);
    expect(await listAlerts(database.pool, { limit: 10 })).toEqual([]);
    const shown = await waitUntil(() => replicas[0]?.metric('alert_heartbeat_timestamp_seconds'));
    expect(Math.abs(shown - Date.now() / 1000)).toBeLessThan(600);
  });

  it('is no alert of anybody’s mute', async () => {
    await database.pool.query(
      `INSERT INTO alert_mute (id, author, reason, ends_at) VALUES (gen_random_uuid(), 'test', 'test', now() + interval '1 hour')`,
    );
    const before = outside.requests.length;
    await outside.received(before + 2);
  });
});
