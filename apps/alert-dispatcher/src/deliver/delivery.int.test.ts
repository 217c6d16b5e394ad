import { randomUUID } from 'node:crypto';
import { storeAlert, type Alert } from '@swfx/alerts';
import { createSilentLogger } from '@swfx/logging';
import { facts } from '@swfx/messaging';
import { createMetrics } from '@swfx/metrics';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import {
  createTestDatabase,
  createTestRedis,
  startHttpStandIn,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { listAlerts } from '../operator/list-alerts';
import { createReporter } from './report';
import { sendMessages } from './send-messages';
import { exampleAlert, startTestDispatcher, type TestDispatcher } from '../start-test-dispatcher';

describe('delivery', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let slack: SlackStandIn;
  let databaseUrl: string;
  let dispatcher: TestDispatcher;

  beforeAll(async () => {
    [database, redis, slack] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      createSlackStandIn({ port: 0 }),
    ]);
    databaseUrl = await database.urlAs('swfx_dispatcher');
    dispatcher = await start();
  });
  afterEach(async () => {
    await untilNothingWaits();
    await passTime();
    slack.clear();
  });
  afterAll(async () => {
    await dispatcher.stop();
    await Promise.all([database.drop(), redis.drop(), slack.stop()]);
  });

  const start = (settings: Record<string, string> = {}) =>
    startTestDispatcher({
      databaseUrl,
      redisUrl: redis.url,
      registry: new Registry(),
      settings: {
        SLACK_ALERTING_ENABLED: 'true',
        SLACK_WEBHOOK_URL: slack.webhookUrl,
        SLACK_TIMEOUT_SECONDS: '1',
        ...settings,
      },
    });
  const raise = async (changes: Partial<Alert> = {}) => {
    const alert = exampleAlert(changes);
    await storeAlert(database.pool, alert);
    await redis.client.publish(
      facts.alertRaised.topic,
      JSON.stringify({ v: 1, data: { alertId: alert.id } }),
    );
    return alert.id;
  };
  const deliveryOf = async (id: string) => (await listAlerts(database.pool, { limit: 1, id }))[0];
  const until = (id: string, expected: object) =>
    waitUntil(async () => {
      const alert = await deliveryOf(id);
      expect(alert).toMatchObject(expected);
      return alert;
    });
  /** As if all back-off were over; Retry-After is waited for in earnest by a test of its own. */
  const passTime = async () => {
    await database.pool.query('UPDATE alert_destination SET not_before = now(), tokens = 5, rejections = 0');
    await database.pool.query('UPDATE alert_notice SET next_attempt_at = now() WHERE closed_at IS NULL');
  };
  const untilNothingWaits = () =>
    waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT (SELECT count(*) FROM alert WHERE decided_at IS NULL)::int
           + (SELECT count(*) FROM alert_notice JOIN alert_incident AS i ON i.id = incident_id
              WHERE closed_at IS NULL AND (sent_revision < revision OR state <> 'firing'))::int AS waiting`,
      );
      return rows[0].waiting === 0;
    });
  const outcomes = () => slack.attempts().map((attempt) => attempt.outcome);

  it('delivers an alert once, the published lines first, and counts it', async () => {
    const before = await dispatcher.metric('alerts_sent_total{destination="slack",severity="critical"}');
    const id = await raise({ severity: 'critical' });
    expect(await until(id, { state: 'sent' })).toMatchObject({ attempts: 1, reason: null });
    expect(slack.messages()).toHaveLength(1);
    expect(slack.messages()[0]?.text.split('\n').slice(0, 4)).toEqual([
      '🚨 [TEST] Database backup failed',
      'Error: pg_dump: error: connection refused',
      'Timestamp: 2025-06-22T14:30:00Z',
      'Severity: critical',
    ]);
    await waitUntil(
      async () =>
        (await dispatcher.metric('alerts_sent_total{destination="slack",severity="critical"}')) ===
        before + 1,
    );
    expect(await dispatcher.metric('alert_delivery_seconds_count')).toBeGreaterThan(0);
    expect(
      await dispatcher.metric('celery_task_total{task_name="alert_delivery",status="success"}'),
    ).toBeGreaterThan(0);
    await waitUntil(async () => (await dispatcher.metric('alert_oldest_undelivered_seconds')) === 0);
  });

  it('waits for as long as Slack asks, all replicas of it, and then delivers', async () => {
    const second = await start();
    slack.respondWith({ status: 429, retryAfter: 3 });
    const alerts = [await raise(), await raise(), await raise()];
    for (const id of alerts) await until(id, { state: 'sent' });
    await second.stop();
    const [refused, ...others] = slack.attempts().map((attempt) => Date.parse(attempt.at));
    for (const other of others) expect(other - (refused ?? 0)).toBeGreaterThanOrEqual(3_000);
    expect(outcomes()).toEqual([429, 200, 200, 200]);
  });

  it('tries again after errors, time-outs and broken connections, and says why it waits', async () => {
    slack.respondWith({ status: 500 }, { hangMs: 60_000 }, { reset: true });
    const id = await raise();
    await until(id, { state: 'pending', reason: 'server_error', detail: 'Slack answered 500: rollup_error' });
    await passTime();
    await until(id, { state: 'pending', reason: 'timeout', detail: 'Slack did not answer in 1 s' });
    await passTime();
    await until(id, { state: 'pending', reason: 'network', detail: 'Slack was not reached: ECONNRESET' });
    await passTime();
    await until(id, { state: 'sent', attempts: 4, reason: null });
    expect(slack.messages()).toHaveLength(1);
    for (const reason of ['server_error', 'timeout', 'network'])
      expect(await dispatcher.metric(`alerts_failed_total{reason="${reason}"}`)).toBe(1);
  });

  it('sends a message that Slack refuses once more as plain text', async () => {
    slack.respondWith({ status: 400, body: 'invalid_blocks' });
    await until(await raise(), { state: 'sent', attempts: 2 });
    expect(slack.messages()[0]?.payload).not.toHaveProperty('blocks');
    expect(slack.messages()[0]?.text).toMatch(/^🚨 \[TEST\] Database backup failed\nError: .*\nTimestamp: /);
  });

  it('gives up a message that Slack refuses as plain text too, with the reason', async () => {
    slack.respondWith({ status: 400, times: 2 });
    await until(await raise(), {
      state: 'dead',
      attempts: 2,
      reason: 'payload',
      detail: 'Slack answered 400: invalid_payload',
    });
    expect(outcomes()).toEqual([400, 400]);
  });

  it('tells the end of what it told of, though a reminder between the two was refused for good', async () => {
    const incident = `backup:${randomUUID()}`;
    await until(await raise({ incident }), { state: 'sent' });
    slack.respondWith({ status: 400, times: 2 });
    await raise({ incident, severity: 'critical' });
    await waitUntil(() => outcomes().join() === '200,400,400');
    await raise({ incident, status: 'resolved', title: 'Database backup succeeded' });
    await waitUntil(() => slack.messages().length === 2);
    expect(slack.messages()[1]?.text).toContain('Database backup succeeded');
  });

  it.each([
    [403, 'action_prohibited'],
    [404, 'no_service'],
    [410, 'channel_is_archived'],
  ])(
    'keeps an alert while the webhook answers %i, and delivers it when it is mended',
    async (status, body) => {
      slack.respondWith({ status });
      const id = await raise();
      await until(id, { state: 'pending', reason: 'rejected', detail: `Slack answered ${status}: ${body}` });
      await passTime();
      await until(id, { state: 'sent', attempts: 2 });
    },
  );

  it('repeats no more than the one message whose answer was lost', async () => {
    slack.respondWith({ loseAnswer: true });
    await until(await raise(), { state: 'sent', attempts: 2 });
    expect(slack.messages()).toHaveLength(2);
  });

  it('leaves a delivery to the sender that holds the lease, and takes it over when that has run out', async () => {
    await database.pool.query(
      `UPDATE alert_destination SET sender = gen_random_uuid(), sender_until = now() + interval '1 hour'`,
    );
    const id = await raise({ incident: 'leased' });
    await until(id, { state: 'pending' });
    // Its repetition is decided by a later poll, which saw this delivery due and left it alone.
    await until(await raise({ incident: 'leased' }), { state: 'suppressed' });
    expect(await deliveryOf(id)).toMatchObject({ state: 'pending', attempts: 0 });
    await database.pool.query('UPDATE alert_destination SET sender_until = now()');
    await until(id, { state: 'sent', attempts: 1 });
  });

  it('ends once what it told, though a sender that was taken over comes back after the end', async () => {
    await dispatcher.stop();
    let release = (): void => undefined;
    const paused = new Promise<void>((resolve) => (release = resolve));
    const third = await startHttpStandIn(async ({ body }) => {
      if (third.requests.length === 1 && body.includes('paused')) await paused;
      return { body: 'ok' };
    });
    const settings = {
      SLACK_WEBHOOK_URL: `${third.url}/services/T000/B000/x`,
      SLACK_TIMEOUT_SECONDS: '60',
    };
    const senders = [await start(settings), await start(settings)];
    const id = await raise({ incident: 'paused' });
    await third.received(1);
    await database.pool.query('UPDATE alert_destination SET sender_until = now()');
    await until(id, { state: 'sent' });
    const end = await raise({ incident: 'paused', status: 'resolved' });
    await until(end, { state: 'sent' });
    release();
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        `SELECT outcome FROM alert_message WHERE reason = 'interrupted'`,
      );
      return rows[0]?.outcome === 'delivered';
    });
    expect(await deliveryOf(end)).toMatchObject({ state: 'sent', attempts: 3 });
    expect(third.requests).toHaveLength(3);
    const { rows } = await database.pool.query(
      `SELECT notice.outcome FROM alert_notice AS notice JOIN alert_incident ON id = incident_id WHERE key = 'paused'`,
    );
    expect(rows).toEqual([{ outcome: 'told' }]);
    for (const sender of senders) await sender.stop();
    await third.stop();
    dispatcher = await start();
  });

  it('posts nothing when it was paused for so long that its lease may be another’s', async () => {
    await database.pool.query(`UPDATE alert_destination SET not_before = now() + interval '1 hour'`);
    const id = await raise();
    await until(id, { state: 'pending' });
    await dispatcher.stop();
    await passTime();
    const tell = jest.fn();
    const logger = createSilentLogger();
    const metrics = createMetrics({
      service: 'test',
      version: '0',
      environment: 'test',
      names: ['alerts_failed_total', 'alerts_suppressed_total', 'alerts_possible_duplicates_total'],
      registry: new Registry(),
    });
    const outcome = await sendMessages(
      {
        pool: database.pool,
        // As if all of the lease but the post's own time had passed.
        leaseSeconds: 1,
        timeoutSeconds: 1,
        ttlSeconds: 3_600,
        environment: 'test',
        report: createReporter({ logger, metrics }),
        random: Math.random,
      },
      {
        destination: { name: 'slack', tell },
        policy: { maxPerHour: 1_000, digestDepth: 10, digestAgeSeconds: 1e9 },
      },
      new AbortController().signal,
    );
    expect([outcome, tell.mock.calls]).toEqual(['retry', []]);
    expect(await deliveryOf(id)).toMatchObject({
      state: 'pending',
      detail: 'this dispatcher was paused before it could post',
    });
    dispatcher = await start();
    await until(id, { state: 'sent' });
  });

  it('tells the same trouble once, and a worse one again', async () => {
    const counted = () => dispatcher.metric('alerts_suppressed_total{reason="duplicate"}');
    const before = await counted();
    const first = await raise({ incident: 'same' });
    const repeated = await raise({ incident: 'same' });
    await until(first, { state: 'sent' });
    await until(repeated, {
      state: 'suppressed',
      reason: 'duplicate',
      detail: expect.stringMatching(/^says nothing new of incident /),
      attempts: 0,
    });
    const worse = await raise({ incident: 'same', severity: 'critical' });
    await waitUntil(() => slack.messages().length === 2);
    await until(worse, { state: 'sent' });
    expect(slack.messages()[1]?.text).toContain('Severity: critical');
    expect(await counted()).toBe(before + 1);
  });

  it('lets hostile text neither mention, link nor add a line', async () => {
    const hostile = `<!channel> <@U1> <https://evil|ok> \`\`\` *bold* \u202e\u0000\ud800\n${'💣<&'.repeat(17_000)}`;
    const alert = exampleAlert({
      title: hostile.slice(0, 500),
      error: hostile,
      context: { '<!here>\u202e\u0000': '<!everyone>'.repeat(900), שלום: 'مرحبا' },
      incident: '<!channel>'.repeat(30),
    });
    expect((await dispatcher.postAlert(alert)).status).toBe(202);
    await until(alert.id, { state: 'sent', attempts: 1 });
    const [message] = slack.messages();
    expect(message?.mentions).toEqual([]);
    expect(message?.parts.flatMap((part) => part.spans.map((span) => span.kind))).not.toContain('link');
    expect(message?.text.split('\n')[2]).toBe('Timestamp: 2025-06-22T14:30:00Z');
    expect(message?.text).toContain('<!channel>');
  });

  it('sends each alert once, the critical first, however many replicas there are', async () => {
    const second = await start();
    const client = await database.pool.connect();
    await client.query('BEGIN');
    const ids: string[] = [];
    for (const severity of ['info', 'warning', 'critical', 'info', 'critical'] as const) {
      const alert = exampleAlert({ severity, title: `${severity} ${ids.length}` });
      await storeAlert(client, alert);
      ids.push(alert.id);
    }
    await client.query('COMMIT');
    client.release();
    for (const id of ids) await until(id, { state: 'sent', attempts: 1 });
    const titles = slack.messages().map((message) => message.text.split('\n')[0]?.slice('🚨 [TEST] '.length));
    expect(titles.map((title) => title?.split(' ')[0])).toEqual([
      'critical',
      'critical',
      'warning',
      'info',
      'info',
    ]);
    expect(new Set(titles).size).toBe(5);
    await second.stop();
  });

  it('gives up what has outlived its time, and says so in one summary', async () => {
    const id = randomUUID();
    await database.pool.query(`UPDATE alert_destination SET not_before = now() + interval '1 hour'`);
    await raise({ id });
    await until(id, { state: 'pending' });
    await database.pool.query(
      `UPDATE alert_incident SET seen_at = now() - interval '7 hours' WHERE alert_id = $1`,
      [id],
    );
    await passTime();
    await until(id, { state: 'dead', reason: 'expired' });
    await waitUntil(async () => (await dispatcher.metric('alerts_suppressed_total{reason="expired"}')) === 1);
    await waitUntil(() => slack.messages().length === 1);
    expect(slack.messages()[0]?.text).toMatch(/^🚨 \[TEST\] 1 alerts for slack were given up\n/);
  });

  it('sends nothing while alerting is disabled, and counts it', async () => {
    await dispatcher.stop();
    const waiting = await raise();
    dispatcher = await start({ SLACK_ALERTING_ENABLED: 'false' });
    const raised = await raise();
    for (const id of [waiting, raised]) await until(id, { state: 'suppressed', reason: 'disabled' });
    await waitUntil(
      async () => (await dispatcher.metric('alerts_suppressed_total{reason="disabled"}')) === 2,
    );
    expect(slack.attempts()).toEqual([]);
    await dispatcher.stop();
    dispatcher = await start();
  });

  it('keeps to the hourly budget over restarts, counts who has to wait once, and lets the critical through', async () => {
    await dispatcher.stop();
    await database.pool.query('TRUNCATE alert, alert_message CASCADE');
    for (let minutes = 10; minutes <= 15; minutes++)
      await database.pool.query(
        `INSERT INTO alert_message (id, destination, form, lane, items, started_at, finished_at, outcome)
         SELECT gen_random_uuid(), 'slack', 'incident', 'ordinary', 1, at, at, 'delivered'
         FROM (SELECT now() - make_interval(mins => $1)) AS sent (at)`,
        [minutes],
      );
    dispatcher = await start({ SLACK_MAX_ALERTS_PER_HOUR: '10' });
    const held = await raise();
    await until(held, { state: 'pending', reason: 'rate_limited' });
    await until(await raise({ severity: 'critical' }), { state: 'sent' });
    expect(await dispatcher.metric('alerts_suppressed_total{reason="rate_limited"}')).toBe(1);

    await database.pool.query(
      `UPDATE alert_message SET finished_at = finished_at - interval '1 hour', started_at = started_at - interval '1 hour'`,
    );
    await until(held, { state: 'sent', attempts: 1 });
  });
});
