import { randomUUID } from 'node:crypto';
import { storeAlert, storeAlerts, type Alert } from '@swfx/alerts';
import { facts } from '@swfx/messaging';
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
import { sampleDelivery } from './deliver/delivery-gauges';
import { exampleAlert, startTestDispatcher, type TestDispatcher } from './start-test-dispatcher';

describe('incidents, from their beginning to their end', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let slack: SlackStandIn;
  let pager: HttpStandIn;
  let dispatcher: TestDispatcher;
  let databaseUrl: string;

  beforeAll(async () => {
    [database, redis, slack, pager] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      createSlackStandIn({ port: 0 }),
      startHttpStandIn(() => ({ status: 202, body: {} })),
    ]);
    databaseUrl = await database.urlAs('swfx_dispatcher');
    dispatcher = await start();
  });
  afterEach(async () => {
    await passTime();
    slack.clear();
    pager.requests.length = 0;
  });
  afterAll(async () => {
    await dispatcher.stop();
    await Promise.all([database.drop(), redis.drop(), slack.stop(), pager.stop()]);
  });

  const start = async (settings: Record<string, string> = {}) =>
    startTestDispatcher({
      databaseUrl,
      redisUrl: redis.url,
      registry: new Registry(),
      settings: {
        SLACK_ALERTING_ENABLED: 'true',
        SLACK_WEBHOOK_URL: slack.webhookUrl,
        ALERT_DESTINATIONS: JSON.stringify([
          { name: 'oncall', type: 'pagerduty', routingKey: 'canary-routing-key', url: pager.url },
        ]),
        ALERT_ROUTES: JSON.stringify([
          { match: { service: ['paged-*'] }, to: ['slack'] },
          { match: { service: ['paged-*'] }, to: ['oncall'], afterSeconds: 600 },
          { match: { service: ['paged-*'], severity: ['critical'] }, to: ['oncall'] },
        ]),
        ALERT_FALLBACK_DESTINATION: 'oncall',
        ...settings,
      },
    });
  const raise = async (changes: Partial<Alert> = {}) => {
    const alert = exampleAlert(changes);
    await storeAlert(database.pool, alert);
    const hint = { v: facts.alertRaised.v, data: { alertId: alert.id } };
    await redis.client.publish(facts.alertRaised.topic, JSON.stringify(hint));
    return alert;
  };
  const resolve = (alert: Alert, title = 'Database backup succeeded') =>
    raise({ ...alert, id: randomUUID(), status: 'resolved', severity: 'info', title, error: '' });
  const passTime = async () => {
    await database.pool.query('UPDATE alert_destination SET not_before = now(), tokens = 5');
    await database.pool.query('UPDATE alert_notice SET next_attempt_at = now() WHERE closed_at IS NULL');
  };
  const texts = () => slack.messages().map(({ text }) => text);
  const told = (pattern: RegExp) => waitUntil(() => texts().some((text) => pattern.test(text)));

  it('ends what it told of, and says how and after how long', async () => {
    const alert = await raise({ incident: 'backup:ends' });
    await told(/backup:ends/);
    await resolve(alert);
    await told(/Resolved/);
    const lines = texts()[1]?.split('\n') ?? [];
    expect(lines.slice(0, 3)).toEqual([
      '✅ [TEST] Resolved: Database backup failed',
      'Ended: Database backup succeeded',
      expect.stringMatching(/^Timestamp: \d{4}-/),
    ]);
    expect(lines).toContainEqual(expect.stringMatching(/^Lasted: /));
    await resolve(alert);
    await raise({ incident: 'backup:ends' });
    await waitUntil(() => texts().length === 3);
    expect(texts()[2]).toMatch(/^🚨/);
  });

  it('does not tell of what was over before it could be told, and counts it', async () => {
    await database.pool.query(`UPDATE alert_destination SET not_before = now() + interval '1 hour'`);
    const alert = await raise({ incident: 'backup:brief' });
    await resolve(alert);
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT state FROM alert_incident WHERE key = 'backup:brief'`,
      );
      return rows[0]?.state === 'resolved';
    });
    await database.pool.query(`UPDATE alert_destination SET not_before = now()`);
    await waitUntil(
      async () => (await dispatcher.metric('alerts_suppressed_total{reason="resolved_unsent"}')) === 1,
    );
    expect(texts()).toEqual([]);
  });

  it('never says that it fires after it has resolved, though the first try is retried', async () => {
    slack.respondWith({ loseAnswer: true });
    const alert = await raise({ incident: 'backup:reversed' });
    await told(/backup:reversed/);
    await waitUntil(() => slack.attempts().length > 0);
    await database.pool.query(
      `UPDATE alert_notice SET next_attempt_at = now() + interval '1 hour' WHERE closed_at IS NULL`,
    );
    await resolve(alert);
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT state FROM alert_incident WHERE key = 'backup:reversed'`,
      );
      return rows[0]?.state === 'resolved';
    });
    await passTime();
    await told(/Resolved/);
    expect(texts().map((text) => text.slice(0, 2))).toEqual(
      expect.arrayContaining([expect.stringMatching('🚨'), expect.stringMatching('✅')]),
    );
    expect(texts().at(-1)).toMatch(/^✅/);
  });

  it('ends as expired what nobody reports any more', async () => {
    await raise({ incident: 'backup:forgotten' });
    await told(/backup:forgotten/);
    await database.pool.query(`UPDATE alert_incident SET expires_at = now() WHERE key = 'backup:forgotten'`);
    await told(/^⌛ \[TEST\] Expired: Database backup failed\nEnded: nobody has reported it/);
  });

  it('tells of a storm in few messages, and each alert is in one of them', async () => {
    const storm = Array.from({ length: 300 }, (_, index) =>
      exampleAlert({ incident: `storm:${index}`, service: `service-${index % 3}`, severity: 'warning' }),
    );
    await storeAlerts(database.pool, storm);
    await told(/alerts in one message/);
    const digest = texts().find((text) => text.includes('alerts in one message')) ?? '';
    expect(digest).toMatch(/^🚨 \[TEST\] \d+ alerts in one message\nError: \d+ warning\nTimestamp: /);
    expect(digest).toMatch(/Service service-0: \d+/);
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT count(DISTINCT incident_id)::int AS told FROM alert_message_item JOIN alert_message ON id = message_id
         JOIN alert_incident AS incident ON incident.id = incident_id WHERE outcome = 'delivered' AND key LIKE 'storm:%'`,
      );
      return rows[0].told === storm.length;
    });
    expect(slack.messages().length).toBeLessThan(8);
    const { rows } = await database.pool.query(
      `UPDATE alert_incident SET state = 'expired', ended_at = now() WHERE key LIKE 'storm:%' RETURNING id`,
    );
    expect(rows).toHaveLength(storm.length);
    await told(/^✅ \[TEST\] \d+ alerts in one message\nEnded: 300 ended/);
  });

  it('tells of twelve restarts in two messages at most', async () => {
    const restart = (kind: 'service_started' | 'service_stopped') =>
      exampleAlert({ incident: 'deployment', kind, severity: 'info', service: 'api-gateway', title: kind });
    await storeAlert(database.pool, restart('service_stopped'));
    await waitUntil(async () => {
      const { rows } = await database.pool.query(`SELECT 1 FROM alert_incident WHERE key = 'deployment'`);
      return rows.length === 1;
    });
    await passTime();
    await told(/service_stopped/);
    for (let index = 0; index < 11; index++)
      await storeAlerts(database.pool, [restart('service_started'), restart('service_stopped')]);
    await storeAlert(database.pool, restart('service_started'));
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT reports FROM alert_incident WHERE key = 'deployment'`,
      );
      return rows[0]?.reports === 24;
    });
    await database.pool.query(`UPDATE alert_incident SET expires_at = now() WHERE key = 'deployment'`);
    await told(/Application start-up and shutdown\nEnded: 24 in /);
    expect(texts()).toHaveLength(2);
    expect(texts()[1]).toMatch(/api-gateway started: 12\napi-gateway stopped: 12/);
  });

  it('pages whoever is on call only if nobody acknowledges, and ends the page', async () => {
    const [waits, acknowledged] = [await raise({ service: 'paged-a' }), await raise({ service: 'paged-b' })];
    await told(/paged-a/);
    await told(/paged-b/);
    expect(pager.requests).toEqual([]);
    await database.pool.query(`UPDATE alert_incident SET acknowledged_at = now() WHERE key = $1`, [
      acknowledged.incident,
    ]);
    await passTime();
    const [page] = await pager.received(1);
    expect(page?.json()).toMatchObject({
      routing_key: 'canary-routing-key',
      event_action: 'trigger',
      payload: { summary: '[TEST] Database backup failed', severity: 'warning', component: waits.incident },
    });
    await resolve(waits);
    await resolve(acknowledged);
    const requests = await pager.received(2);
    expect(requests[1]?.json()).toMatchObject({
      event_action: 'resolve',
      dedup_key: (page?.json() as { dedup_key: string }).dedup_key,
    });
    await waitUntil(() => texts().filter((text) => text.startsWith('✅')).length === 2);
    expect(pager.requests).toHaveLength(2);
  });

  it('pages at once when what was to be paged later grows worse', async () => {
    const alert = await raise({ service: 'paged-c' });
    await told(/paged-c/);
    await raise({ ...alert, id: randomUUID(), severity: 'critical' });
    const [page] = await pager.received(1);
    expect(page?.json()).toMatchObject({ event_action: 'trigger', payload: { severity: 'critical' } });
  });

  it('tells what is new of an incident that it had given up', async () => {
    const alert = await raise({ incident: 'backup:given-up' });
    await told(/backup:given-up/);
    await waitUntil(async () => {
      const { rowCount } = await database.pool.query(
        `UPDATE alert_notice SET outcome = 'dead', closed_at = now(), sent_state = 'nothing', sent_revision = 0
         FROM alert_incident WHERE id = incident_id AND key = 'backup:given-up' AND sent_state = 'firing'`,
      );
      return rowCount === 1;
    });
    await raise({ ...alert, id: randomUUID(), severity: 'critical' });
    await told(/Severity: critical[^]*Late: told [^]*backup:given-up/);
    await resolve(alert);
    await told(/Resolved/);
  });

  it('tells the fallback when a destination refuses everything, by name, and when it is mended', async () => {
    slack.respondWith({ status: 404, times: 2 });
    await raise({ incident: 'backup:unheard' });
    const [page] = await pager.received(1);
    expect(page?.json()).toMatchObject({
      payload: { summary: '[TEST] Destination slack refuses every alert', severity: 'critical' },
    });
    await waitUntil(
      async () => (await dispatcher.metric('alert_destination_breaker_open{destination="slack"}')) === 1,
    );
    await waitUntil(async () => {
      await passTime();
      return texts().some((text) => text.includes('backup:unheard'));
    });
    const requests = await pager.received(2);
    expect(requests[1]?.json()).toMatchObject({ event_action: 'resolve' });
    await waitUntil(
      async () => (await dispatcher.metric('alert_destination_breaker_open{destination="slack"}')) === 0,
    );
  });

  it('takes no notice of a breaker of a destination that is not served any more', async () => {
    await database.pool.query(`INSERT INTO alert_destination (name, rejections) VALUES ('gone', 3)`);
    expect(await sampleDelivery(database.pool, ['slack', 'oncall'])).toMatchObject({ open: [] });
    expect(await sampleDelivery(database.pool, ['slack', 'gone'])).toMatchObject({ open: ['gone'] });
  });

  it('counts numbered alerts that never arrived, also of who has run for longer than a day', async () => {
    const producer = exampleAlert().id;
    await storeAlerts(
      database.pool,
      [1, 2, 5].map((sequence) => exampleAlert({ producer, sequence, source: 'service:numbered' })),
    );
    const old = exampleAlert().id;
    await storeAlerts(
      database.pool,
      [3, 4, 6].map((sequence) => exampleAlert({ producer: old, sequence })),
    );
    await database.pool.query(
      `UPDATE alert SET accepted_at = now() - interval '2 days' WHERE producer = $1 AND sequence = 3`,
      [old],
    );
    await dispatcher.stop();
    dispatcher = await start();
    await waitUntil(async () => (await dispatcher.metric('alerts_missing')) === 3);
  });
});
