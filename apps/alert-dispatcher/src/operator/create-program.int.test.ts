import { stripVTControlCharacters } from 'node:util';
import { runOperator } from '@swfx/service';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import {
  captureOutput,
  createTestDatabase,
  createTestRedis,
  waitUntil,
  type CapturedOutput,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { storeAlert } from '@swfx/alerts';
import { Registry } from 'prom-client';
import { exampleAlert, startTestDispatcher, type TestDispatcher } from '../start-test-dispatcher';
import { createProgram } from './create-program';

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
  async function run(...words: string[]): Promise<CapturedOutput> {
    const environment = { ...dispatcher?.environment, DATABASE_URL: operatorUrl };
    const program = createProgram({ environment, registry: new Registry() });
    const said = await captureOutput(() => runOperator(program, ['node', 'swfx', ...words]));
    return { ...said, out: stripVTControlCharacters(said.out) };
  }
  const raise = async (changes: object = {}) => {
    const alert = exampleAlert(changes);
    await storeAlert(database.pool, alert);
    return alert;
  };
  const listed = async (id: string) => JSON.parse((await run('alerts', 'explain', id, '--json')).out);

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
    expect(rows).toMatchObject([
      { record: { actor: expect.stringMatching(/^operator:./), alert_id: alertId } },
    ]);

    const listed = JSON.parse((await run('alerts', 'list', '--json', '--limit', '1')).out);
    expect(listed).toMatchObject([
      { id: alertId, kind: 'test', severity: 'info', state: 'sent', attempts: 1 },
    ]);
    expect((await run('alerts', 'list')).out).toMatch(
      /^TIME +SEVERITY +STATE .*\n.*info +sent .*Test alert +[0-9a-f-]{36}\n$/,
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
      out: expect.stringMatching(/is suppressed: disabled \(alerting is off, or there is no other/),
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

  it('explains an alert: what it changed, what was told, and each attempt', async () => {
    await start();
    slack.respondWith({ status: 500 });
    const alert = await raise({ incident: 'backup:explained', error: 'no\u001b[2J space' });
    await waitUntil(() => slack.messages().some(({ text }) => text.includes('backup:explained')));
    await waitUntil(async () => (await listed(alert.id)).notices[0]?.sentState === 'firing');
    const { out, code } = await run('alerts', 'explain', alert.id);
    expect(code).toBe(0);
    expect(out).toMatch(/Incident backup:explained \(warning\)/);
    expect(out).toMatch(/firing by service:backup-service: opened {2}Database backup failed/);
    expect(out).toMatch(/slack: firing (unknown|refused): server_error \(Slack answered 500: rollup_error\)/);
    expect(out).toMatch(/slack: firing delivered/);
    expect(out).toMatch(/slack: told that it is firing/);
    expect(await run('alerts', 'explain', exampleAlert().id)).toMatchObject({ code: 1 });
  });

  it('lists what was given up, and delivers it when it is replayed', async () => {
    slack.respondWith({ status: 400, times: 2 });
    const alert = await raise({ incident: 'backup:dead' });
    await waitUntil(async () => (await listed(alert.id)).notices[0]?.outcome === 'dead');
    expect((await run('alerts', 'dead')).out).toMatch(/slack +payload +2 +backup:dead/);
    const [{ incidentId }] = JSON.parse((await run('alerts', 'dead', '--json')).out);
    expect(await run('alerts', 'replay', incidentId)).toMatchObject({
      code: 0,
      out: '1 to be delivered again.\n',
    });
    await waitUntil(async () => (await listed(alert.id)).notices[0]?.sentState === 'firing');
    expect(await run('alerts', 'replay')).toMatchObject({ code: 1, out: '0 to be delivered again.\n' });
  });

  it('holds what a maintenance window matches, and tells at its end what still goes on', async () => {
    const words = ['--for', '2h', '--reason', 'new disks', '--incident', 'backup:mut*'];
    const { out } = await run('alerts', 'mute', ...words);
    const id = /: ([0-9a-f-]{36})/.exec(out)?.[1] ?? '';
    const held = await raise({ incident: 'backup:muted' });
    const over = await raise({ incident: 'backup:muted-and-over' });
    const other = await raise({ incident: 'backup:loud' });
    await waitUntil(async () => (await listed(other.id)).notices[0]?.sentState === 'firing');
    await waitUntil(async () => (await listed(held.id)).notices[0]?.reason === 'muted');
    await raise({ incident: over.incident, status: 'resolved' });
    await waitUntil(async () => (await listed(over.id)).notices[0]?.outcome === 'untold');
    expect((await run('alerts', 'mutes')).out).toMatch(/new disks .*backup:mut\*/);
    expect((await run('alerts', 'unmute', id)).code).toBe(0);
    await waitUntil(async () => (await listed(held.id)).notices[0]?.sentState === 'firing');
    expect(slack.messages().some(({ text }) => text.includes('muted-and-over'))).toBe(false);
    const { rows } = await database.pool.query(
      `SELECT record::json ->> 'action' AS action FROM audit_event WHERE action LIKE 'alerts_%' ORDER BY occurred_at`,
    );
    expect(rows.map(({ action }) => action)).toEqual(['alerts_replayed', 'alerts_muted', 'alerts_unmuted']);
  });

  it('names what is missing from its configuration, with exit code 2', async () => {
    const environment = dispatcher?.environment;
    if (dispatcher) dispatcher.environment = { REDIS_URL: '' };
    const url = operatorUrl;
    operatorUrl = '';
    expect(await run('alerts', 'list')).toMatchObject({
      code: 2,
      err: expect.stringContaining('DATABASE_URL'),
    });
    operatorUrl = url;
    if (dispatcher && environment) dispatcher.environment = environment;
  });
});
