import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { migrate } from '@swfx/database';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import {
  startHttpStandIn,
  startTestPostgres,
  startTestRedis,
  waitUntil,
  type HttpStandIn,
} from '@swfx/testkit';
import { Redis } from 'ioredis';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { exampleAlert, intakeToken, startTestDispatcher, type TestDispatcher } from './start-test-dispatcher';

/** Each is a secret value of the configuration. */
const canaries = {
  slack: 'canarywebhook-secret',
  intake: intakeToken,
  routingKey: 'canary-routing-key',
  hookPath: 'canary-hook-path',
  hookToken: 'canary-hook-token',
  botToken: 'canary-bot-token',
  heartbeat: 'canary-heartbeat-path',
};

describe('the dispatcher’s secrets', () => {
  let postgres: Awaited<ReturnType<typeof startTestPostgres>>;
  let redis: Awaited<ReturnType<typeof startTestRedis>>;
  let slack: SlackStandIn;
  let echo: HttpStandIn;
  let pool: Pool;
  let dispatcher: TestDispatcher;
  const logged: string[] = [];

  beforeAll(async () => {
    const statuses = [500, 429, 400, 403, 404];
    let turn = 0;
    [postgres, redis, slack, echo] = await Promise.all([
      startTestPostgres(),
      startTestRedis({ persistent: true }),
      createSlackStandIn({ port: 0, secret: canaries.slack }),
      // The worst of third parties: it says all that it was told.
      startHttpStandIn(({ path, headers, body }) => ({
        status: statuses[turn++ % statuses.length] ?? 500,
        headers: { 'retry-after': '1' },
        body: `no: ${path} http://${headers.host}${path} ${headers.authorization} ${body}`,
      })),
    ]);
    await migrate({ databaseUrl: postgres.url() });
    pool = new Pool({ connectionString: postgres.url() });
    pool.on('error', () => undefined);
    // Where winston's console transport writes.
    const { _stdout: stdout } = console as unknown as { _stdout: NodeJS.WritableStream };
    jest.spyOn(stdout, 'write').mockImplementation((chunk) => logged.push(String(chunk)) > 0);
    dispatcher = await startTestDispatcher({
      databaseUrl: postgres.url(),
      redisUrl: redis.url,
      registry: new Registry(),
      settings: {
        SLACK_ALERTING_ENABLED: 'true',
        SLACK_WEBHOOK_URL: slack.webhookUrl,
        SLACK_TIMEOUT_SECONDS: '1',
        SLACK_API_URL: echo.url,
        ALERT_DESTINATIONS: JSON.stringify([
          { name: 'oncall', type: 'pagerduty', routingKey: canaries.routingKey, url: `${echo.url}/enqueue` },
          {
            name: 'hook',
            type: 'webhook',
            url: `${echo.url}/${canaries.hookPath}`,
            token: canaries.hookToken,
          },
          { name: 'bot', type: 'slack-channel', token: canaries.botToken, channel: '#ops' },
        ]),
        ALERT_ROUTES: JSON.stringify([{ to: ['slack', 'oncall', 'hook', 'bot'] }]),
        ALERT_HEARTBEAT_URL: `${echo.url}/${canaries.heartbeat}`,
        ALERT_HEARTBEAT_SECONDS: '1',
        ALERT_INTAKE_URL: echo.url,
        LOG_LEVEL: 'debug',
      },
    });
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await dispatcher.stop();
    await pool.end();
    await Promise.all([postgres.drop(), redis.drop(), slack.stop(), echo.stop()]);
  });

  async function everyRow(): Promise<string> {
    const { rows: tables } = await pool.query<{ name: string }>(
      `SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const content = [];
    for (const { name } of tables) content.push((await pool.query(`SELECT t::text FROM ${name} AS t`)).rows);
    return JSON.stringify(content);
  }
  async function everyKey(): Promise<string> {
    const client = new Redis(redis.url);
    const content = [];
    for (const key of await client.keys('*')) content.push(key, await valueOf(client, key));
    client.disconnect();
    return JSON.stringify(content);
  }
  async function valueOf(client: Redis, key: string): Promise<unknown> {
    const type = await client.type(key);
    if (type === 'string') return client.get(key);
    if (type === 'list') return client.lrange(key, 0, -1);
    if (type === 'hash') return client.hgetall(key);
    if (type === 'zset') return client.zrange(key, 0, -1);
    if (type === 'stream') return client.xrange(key, '-', '+');
    return client.smembers(key);
  }
  async function everyFile(): Promise<string> {
    const {
      ACCESS_LOG_FILE: access = '',
      AUDIT_LOG_FILE: audit = '',
      SPOOL_DIR: spool = '',
    } = dispatcher.environment;
    const spooled = (await readdir(spool, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const files = [access, audit, ...spooled.map(({ parentPath, name }) => join(parentPath, name))];
    return (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join('\n');
  }
  /** All waits are over. */
  const passTime = async () => {
    await pool.query('UPDATE alert_destination SET not_before = now(), tokens = 5');
    await pool.query('UPDATE alert_notice SET next_attempt_at = now() WHERE closed_at IS NULL');
  };
  const expectNoCanary = (written: string) =>
    expect(Object.entries(canaries).filter(([, secret]) => written.includes(secret))).toEqual([]);

  it('are in no log, metric, row, key, file or answer, however delivery fails', async () => {
    const answers: string[] = [];
    const post = async (...request: Parameters<typeof dispatcher.postAlert>) => {
      const response = await dispatcher.postAlert(...request);
      answers.push(JSON.stringify([...response.headers]), await response.text());
      return response.status;
    };
    await post(exampleAlert(), `${intakeToken}x`);
    await post({ ...exampleAlert(), severity: 'fatal' });
    await post(exampleAlert({ error: `posting to ${slack.webhookUrl} with Bearer ${intakeToken}` }));
    const said = { status: 500, body: `cannot post to ${slack.webhookUrl}` };
    slack.respondWith(
      said,
      { status: 429 },
      { hangMs: 60_000 },
      { reset: true },
      { status: 403 },
      { status: 400 },
    );
    await waitUntil(async () => {
      await passTime();
      const { rows } = await pool.query<{ destination: string }>(
        `SELECT destination FROM alert_message GROUP BY destination HAVING count(*) >= 5 OR destination = 'heartbeat'`,
      );
      return slack.messages().length > 0 && rows.length === 5;
    });
    const metrics = await (await dispatcher.get('/metrics')).text();
    expect(await everyRow()).toContain('[redacted]');
    expectNoCanary(await everyRow());
    expectNoCanary(await everyKey());
    expectNoCanary(JSON.stringify(slack.messages()));

    await postgres.stop();
    await slack.stop();
    await waitUntil(async () => (await post(exampleAlert({ title: 'In the outage' }))) === 202);
    await dispatcher.alerts.raise({ ...exampleAlert({ title: 'Spooled' }), occurredAt: new Date() });
    await waitUntil(() => logged.some((line) => line.includes('"outage":true')));
    const [keys, files] = [await everyKey(), await everyFile()];
    expect(keys).toContain('In the outage');
    expect(files).toContain('Spooled');
    await postgres.start();
    await waitUntil(async () => (await everyRow()).includes('In the outage'));

    const logs = logged.join('');
    for (const text of ['Slack alert failed', 'Slack alert rate limited', 'Slack alert sent successfully'])
      expect(logs).toContain(text);
    for (const written of [logs, metrics, keys, files, await everyRow(), ...answers]) expectNoCanary(written);
  });
});
