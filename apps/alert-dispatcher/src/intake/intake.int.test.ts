import {
  createTestDatabase,
  createTestRedis,
  waitUntil,
  type TestDatabase,
  type TestRedis,
} from '@swfx/testkit';
import { Registry } from 'prom-client';
import { exampleAlert, startTestDispatcher, type TestDispatcher } from '../start-test-dispatcher';

describe('the intake', () => {
  let database: TestDatabase;
  let redis: TestRedis;
  let dispatcher: TestDispatcher;

  beforeAll(async () => {
    [database, redis] = await Promise.all([createTestDatabase(), createTestRedis()]);
    dispatcher = await startTestDispatcher({
      databaseUrl: await database.urlAs('swfx_dispatcher'),
      redisUrl: redis.url,
      registry: new Registry(),
    });
  });
  afterAll(async () => {
    await dispatcher.stop();
    await Promise.all([database.drop(), redis.drop()]);
  });

  const stored = async (id: string) =>
    (await database.pool.query('SELECT * FROM alert WHERE id = $1', [id])).rows;

  it('answers 202 once the alert is committed, and takes a repetition for the same', async () => {
    const alert = exampleAlert();
    for (let time = 0; time < 2; time++) {
      const response = await dispatcher.postAlert(alert);
      expect(response.status).toBe(202);
      expect(await response.json()).toEqual({ id: alert.id });
    }
    expect(await stored(alert.id)).toMatchObject([
      { title: 'Database backup failed', context: { database: 'platform' } },
    ]);
  });

  it('takes several alerts at once, all of them or none, and points at the one that is nonsense', async () => {
    const alerts = [exampleAlert(), exampleAlert()];
    const response = await dispatcher.postAlert(alerts);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ ids: alerts.map(({ id }) => id) });
    for (const { id } of alerts) expect(await stored(id)).toHaveLength(1);
    const good = exampleAlert();
    const refused = await dispatcher.postAlert([good, { ...exampleAlert(), severity: 'fatal' }]);
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: 'invalid_request', pointer: '/1/severity' });
    expect(await stored(good.id)).toEqual([]);
    expect((await dispatcher.postAlert([])).status).toBe(400);
  });

  it.each(['', 'canary-intake-toke', 'canary-intake-token-2'])('refuses the token "%s"', async (token) => {
    const alert = exampleAlert();
    const response = await dispatcher.postAlert(alert, token);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toMatch(/^Bearer realm="alerts"/);
    expect(response.headers.get('content-type')).toMatch('application/problem+json');
    expect(await response.json()).toMatchObject({ code: 'intake_token_refused', status: 401 });
    expect(await stored(alert.id)).toEqual([]);
  });

  it('takes a time in whatever offset it is written', async () => {
    const alert = { ...exampleAlert(), occurredAt: '2025-06-22T23:59:00+23:59' };
    expect((await dispatcher.postAlert(alert)).status).toBe(202);
    expect(await stored(alert.id)).toMatchObject([{ occurred_at: new Date('2025-06-22T00:00:00Z') }]);
  });

  const malformed = { status: 400, code: 'invalid_request' };
  it.each([
    ['no JSON', '{"id":', malformed],
    ['an unknown severity', { severity: 'fatal' }, { ...malformed, pointer: '/severity' }],
    ['a context that is not text', { context: { a: 1 } }, { ...malformed, pointer: '/context/a' }],
    ['no time zone', { occurredAt: '2025-06-22T14:30:00' }, { ...malformed, pointer: '/occurredAt' }],
    ['a year that is none', { occurredAt: '0000-01-01T00:00:00Z' }, { ...malformed, pointer: '/occurredAt' }],
    ['too much', { context: { a: 'x'.repeat(3_000_000) } }, { status: 413, code: 'payload_too_large' }],
  ])('refuses %s, and points at it', async (_, body, problem) => {
    const response = await dispatcher.postAlert(
      typeof body === 'string' ? body : { ...exampleAlert(), ...body },
    );
    expect(response.status).toBe(problem.status);
    expect(await response.json()).toMatchObject(problem);
  });

  const webhook = (changes: object = {}, member: object = {}) => ({
    version: '4',
    groupKey: '{}:{alertname="BackupFailure"}',
    status: 'firing',
    receiver: 'swfx',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager',
    truncatedAlerts: 0,
    alerts: [
      {
        status: 'firing',
        labels: { alertname: 'BackupFailure', severity: 'critical', job: 'backup-service' },
        annotations: {
          summary: 'A backup failed',
          description: 'in the last hour',
          incident: 'backup:hooked',
        },
        startsAt: '2025-06-22T14:30:00.5Z',
        endsAt: '0001-01-01T00:00:00Z',
        fingerprint: 'f1',
        generatorURL: 'http://prometheus/graph?g0.expr=x',
        ...member,
      },
    ],
    ...changes,
  });
  const decisions = async (incident: string) =>
    (
      await database.pool.query('SELECT decision FROM alert WHERE incident = $1 ORDER BY accepted_at, id', [
        incident,
      ])
    ).rows.map(({ decision }) => decision);

  const untilDecided = (incident: string, expected: string[]) =>
    waitUntil(async () => {
      expect(await decisions(incident)).toEqual(expected);
      return true;
    });

  it('takes Alertmanager’s webhook, and its repetition for the same, from either of two', async () => {
    for (let time = 0; time < 3; time++) {
      const response = await dispatcher.postWebhook(webhook({ receiver: `replica-${time}` }));
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ accepted: 1 });
    }
    const { rows } = await database.pool.query(`SELECT * FROM alert WHERE incident = 'backup:hooked'`);
    expect(rows).toMatchObject([
      {
        status: 'firing',
        kind: 'external',
        severity: 'critical',
        title: 'A backup failed',
        error: 'in the last hour',
        service: 'backup-service',
        source: 'alertmanager:f1',
        context: { alertname: 'BackupFailure', query: 'http://prometheus/graph?g0.expr=x' },
      },
    ]);
  });

  it('does not open again what a late report says, once its rule has resolved it', async () => {
    const annotations = { incident: 'backup:late' };
    const end = { status: 'resolved', endsAt: '2025-06-22T14:40:00Z', annotations };
    await dispatcher.postWebhook(webhook({ groupKey: 'a' }, { annotations }));
    await dispatcher.postWebhook(webhook({ groupKey: 'a' }, end));
    await untilDecided('backup:late', ['disabled', 'resolved']);
    await dispatcher.postWebhook(webhook({ groupKey: 'b' }, { annotations }));
    await untilDecided('backup:late', ['disabled', 'resolved', 'overtaken']);
    await dispatcher.postWebhook(
      webhook({ groupKey: 'a' }, { annotations, startsAt: '2025-06-22T15:00:00Z' }),
    );
    await untilDecided('backup:late', ['disabled', 'resolved', 'overtaken', 'disabled']);
  });

  it('takes an alert without a name, and an end without its time', async () => {
    const nameless = { labels: { alertname: '' }, annotations: { incident: 'backup:nameless' } };
    expect((await dispatcher.postWebhook(webhook({ groupKey: 'nameless' }, nameless))).status).toBe(200);
    const endless = { ...nameless, status: 'resolved', endsAt: '0001-01-01T00:00:00Z' };
    expect((await dispatcher.postWebhook(webhook({ groupKey: 'nameless' }, endless))).status).toBe(200);
    await untilDecided('backup:nameless', ['disabled', 'resolved']);
  });

  it('decides in the order of a list, and what fires before what has ended in one group', async () => {
    for (let round = 1; round <= 4; round++) {
      const incident = `backup:list-${round}`;
      const ends = { incident, status: 'resolved' } as const;
      await dispatcher.postAlert([exampleAlert({ incident }), exampleAlert(ends)]);
      await untilDecided(incident, ['disabled', 'resolved']);
    }
    const annotations = { incident: 'backup:group' };
    const group = webhook({ groupKey: 'group' }, { annotations });
    const [member] = group.alerts;
    await dispatcher.postWebhook(group);
    const both = [
      { ...member, status: 'resolved' },
      { ...member, fingerprint: 'f2' },
    ];
    await dispatcher.postWebhook({ ...group, alerts: both });
    await untilDecided('backup:group', ['disabled', 'repeated', 'source_resolved']);
  });

  it.each([
    ['another version', webhook({ version: '5' }), '/version'],
    ['no fingerprint', webhook({}, { fingerprint: undefined }), '/alerts/0/fingerprint'],
    ['labels that are not text', webhook({}, { labels: { a: 1 } }), '/alerts/0/labels/a'],
    ['a beginning in year 1', webhook({}, { startsAt: '0001-01-01T00:00:00Z' }), '/alerts/0/startsAt'],
  ])('refuses a webhook with %s, and points at it', async (_, body, pointer) => {
    const response = await dispatcher.postWebhook(body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ ...malformed, pointer });
  });

  it('stores no credential that an alert quotes', async () => {
    const alert = exampleAlert({
      error: 'cannot reach postgres://ops:hunter2@db/ops, see https://hooks.slack.com/services/T1/B1/sesame',
      context: { header: 'Bearer abcdefghij' },
    });
    expect((await dispatcher.postAlert(alert)).status).toBe(202);
    expect(JSON.stringify(await stored(alert.id))).not.toMatch(/hunter2|sesame|abcdefghij/);
  });

  it('answers an unknown address with a problem', async () => {
    const response = await fetch(`http://127.0.0.1:${dispatcher.intakePort}/v2/alerts`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });

  it('is ready and healthy', async () => {
    expect(await (await dispatcher.get('/readyz')).json()).toEqual({ ready: true });
    expect(await (await dispatcher.get('/health')).json()).toMatchObject({
      status: 'healthy',
      checks: { database: 'healthy', redis: 'healthy', celery: 'healthy' },
    });
  });
});
