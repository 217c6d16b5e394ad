import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import { createTestDatabase, createTestRedis, type TestDatabase, type TestRedis } from '@swfx/testkit';
import { Registry } from 'prom-client';
import { startTestDispatcher, type TestDispatcher } from '../start-test-dispatcher';
import { runOperator } from './run-operator';

describe('the operator’s commands', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let slack: SlackStandIn;
  let dispatcher: TestDispatcher | undefined;
  let operatorUrl: string;
  let dispatcherUrl: string;

  beforeAll(async () => {
    [database, redis, slack] = await Promise.all([
      createTestDatabase(),
      createTestRedis(),
      createSlackStandIn({ port: 0 }),
    ]);
    operatorUrl = await database.urlAs('swfx_operator');
    dispatcherUrl = await database.urlAs('swfx_dispatcher');
    await start();
  });
  afterAll(async () => {
    await dispatcher?.stop();
    await Promise.all([database.drop(), redis.drop(), slack.stop()]);
  });

  async function start(settings: Record<string, string> = {}): Promise<TestDispatcher> {
    await dispatcher?.stop();
    dispatcher = await startTestDispatcher({
      databaseUrl: dispatcherUrl,
      redisUrl: redis.url,
      registry: new Registry(),
      settings: { SLACK_ALERTING_ENABLED: 'true', SLACK_WEBHOOK_URL: slack.webhookUrl, ...settings },
    });
    return dispatcher;
  }
  async function run(...words: string[]): Promise<{ code: number; out: string; err: string }> {
    let [out, err] = ['', ''];
    const code = await runOperator(words, {
      environment: { ...dispatcher?.environment, DATABASE_URL: operatorUrl },
      user: 'ada',
      out: (text) => (out += text),
      err: (text) => (err += text),
      registry: new Registry(),
    });
    return { code, out, err };
  }

  it('sends a test alert the whole way, audits who asked, and lists it', async () => {
    const result = await run('alerts', 'test', '--message', 'Hello from the test', '--json');
    expect(result.code).toBe(0);
    const { alertId, ...rest } = JSON.parse(result.out);
    expect(rest).toEqual({ delivered: true, state: 'sent', why: null, attempts: 1 });
    expect(slack.messages()[0]?.text).toMatch(
      /^🚨 \[TEST\] Test alert\nError: Hello from the test\nTimestamp: /,
    );

    const { rows } = await database.pool.query(
      `SELECT record::json FROM audit_event WHERE action = 'alert_test_requested'`,
    );
    expect(rows).toMatchObject([{ record: { actor: 'operator:ada', alert_id: alertId } }]);

    const listed = JSON.parse((await run('alerts', 'list', '--json', '--limit', '1')).out);
    expect(listed).toMatchObject([
      { id: alertId, kind: 'test', severity: 'info', state: 'sent', attempts: 1 },
    ]);
    expect((await run('alerts', 'list')).out).toMatch(
      /^TIME +SEVERITY +STATE .*\n.*info +sent .*Test alert\n$/,
    );
  });

  it('sends another at once: a test is never a duplicate', async () => {
    expect(await run('alerts', 'test', '--wait')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Delivered: alert /),
    });
  });

  it('says why a test alert still waits', async () => {
    slack.respondWith({ status: 403, times: 5 });
    const { code, out } = await run('alerts', 'test', '--wait', '4');
    expect(code).toBe(1);
    expect(out).toMatch(/is pending: rejected \(Slack answered 403: action_prohibited\); next attempt at /);
    slack.clear();
  });

  it('says why a test alert was held back, and when nobody takes it up', async () => {
    await start({ SLACK_ALERTING_ENABLED: 'false' });
    expect(await run('alerts', 'test')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/is suppressed: disabled \(SLACK_ALERTING_ENABLED is false\)/),
    });
    await dispatcher?.stop();
    expect(await run('alerts', 'test', '--wait', '0')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/is undecided: no alert dispatcher has taken it up/),
    });
  });

  it.each([
    [['alerts', 'list', '--limit', 'many']],
    [['alerts', 'delete']],
    [['alerts', 'list', '--colour']],
  ])('answers a wrong use with exit code 2: %j', async (words) => {
    const { code, err } = await run(...words);
    expect(code).toBe(2);
    expect(err).not.toBe('');
  });

  it('names what is missing from its configuration, with exit code 1', async () => {
    let err = '';
    const code = await runOperator(['alerts', 'list'], {
      environment: {},
      user: 'ada',
      out: () => undefined,
      err: (text) => (err += text),
      registry: new Registry(),
    });
    expect(code).toBe(1);
    expect(err).toContain('DATABASE_URL is required');
  });
});
