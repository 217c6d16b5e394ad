import { readFile } from 'node:fs/promises';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import {
  createTestDatabase,
  createTestRedis,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { exampleAlert, intakeToken, startTestDispatcher } from './start-test-dispatcher';

const webhookSecret = 'canarywebhook-secret';

describe('the dispatcher’s secrets', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let slack: SlackStandIn;
  const logged: string[] = [];

  beforeAll(async () => {
    [database, redis, slack] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      createSlackStandIn({ port: 0, secret: webhookSecret }),
    ]);
    // Where winston's console transport writes.
    const { _stdout: stdout } = console as unknown as { _stdout: NodeJS.WritableStream };
    jest.spyOn(stdout, 'write').mockImplementation((chunk) => logged.push(String(chunk)) > 0);
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await Promise.all([database.drop(), redis.drop(), slack.stop()]);
  });

  /** Everything that is written down, wherever. */
  async function everythingStored(): Promise<string> {
    const { rows: tables } = await database.pool.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const content = [];
    for (const { name } of tables)
      content.push((await database.pool.query(`SELECT t::text FROM ${name} AS t`)).rows);
    for (const key of await redis.client.keys('*')) content.push(key, await valueOf(key));
    return JSON.stringify(content);
  }
  async function valueOf(key: string): Promise<unknown> {
    const type = await redis.client.type(key);
    if (type === 'string') return redis.client.get(key);
    if (type === 'list') return redis.client.lrange(key, 0, -1);
    if (type === 'hash') return redis.client.hgetall(key);
    if (type === 'zset') return redis.client.zrange(key, 0, -1);
    if (type === 'stream') return redis.client.xrange(key, '-', '+');
    return redis.client.smembers(key);
  }

  it('are in no log, metric, row, key or answer, however delivery fails', async () => {
    const dispatcher = await startTestDispatcher({
      databaseUrl: await database.urlAs('swfx_dispatcher'),
      redisUrl: redis.url,
      registry: new Registry(),
      settings: {
        SLACK_ALERTING_ENABLED: 'true',
        SLACK_WEBHOOK_URL: slack.webhookUrl,
        SLACK_TIMEOUT_SECONDS: '1',
        LOG_LEVEL: 'debug',
      },
    });
    const answers: string[] = [];
    const post = async (...request: Parameters<typeof dispatcher.postAlert>) => {
      const response = await dispatcher.postAlert(...request);
      answers.push(JSON.stringify([...response.headers]), await response.text());
    };
    await post(exampleAlert(), `${intakeToken}x`);
    await post({ ...exampleAlert(), severity: 'fatal' });
    await post(exampleAlert({ error: `posting to ${slack.webhookUrl} with Bearer ${intakeToken}` }));

    const echo = { status: 500, body: `cannot post to ${slack.webhookUrl}` };
    slack.respondWith(
      echo,
      { status: 429 },
      { hangMs: 60_000 },
      { reset: true },
      { status: 403 },
      { status: 400 },
    );
    await waitUntil(async () => {
      await database.pool.query('UPDATE alert_destination SET not_before = now()');
      await database.pool.query(`UPDATE alert_notice SET next_attempt_at = now() WHERE closed_at IS NULL`);
      return slack.messages().length > 0;
    });
    await slack.stop();
    const unreachable = exampleAlert();
    await post(unreachable);
    await waitUntil(async () => {
      const { rows } = await database.pool.query(
        'SELECT detail FROM alert_notice JOIN alert USING (incident_id) WHERE alert.id = $1',
        [unreachable.id],
      );
      return String(rows[0]?.detail).includes('ECONNREFUSED');
    });

    const metrics = await (await dispatcher.get('/metrics')).text();
    const stored = await everythingStored();
    const files = await Promise.all(
      ['ACCESS_LOG_FILE', 'AUDIT_LOG_FILE'].map((name) =>
        readFile(dispatcher.environment[name] ?? '', 'utf8'),
      ),
    );
    await dispatcher.stop();
    const logs = logged.join('');
    for (const text of ['Slack alert failed', 'Slack alert rate limited', 'Slack alert sent successfully'])
      expect(logs).toContain(text);
    expect(stored).toContain('Database backup failed');
    for (const written of [logs, metrics, stored, ...files, ...answers]) {
      expect(written).not.toContain(webhookSecret);
      expect(written).not.toContain('-secret');
      expect(written).not.toContain(intakeToken);
    }
  });
});
