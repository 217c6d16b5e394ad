import { generateSigningKey, type GeneratedKey } from '@swfx/signing-keys';
import { startHttpStandIn, startTestRedis, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { send, type RawAnswer } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';
import { bearer, tokenBy } from './testing/tokens';

const password = 'correct horse battery staple';
let platform: TestPlatform;
let upstream: HttpStandIn;
let key: GeneratedKey;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn();
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

async function start(settings: Record<string, string>): Promise<TestGateway> {
  const gateway = await platform.start(upstream.url, { TRUSTED_PROXIES: '127.0.0.1', ...settings });
  await waitUntil(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok);
  return gateway;
}
/** A login as a proxy of ours hands it on: from an address of the client's. */
function logIn(
  gateway: TestGateway,
  email: string,
  options: { from?: string; as?: string } = {},
): Promise<RawAnswer> {
  return send(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-forwarded-for': options.from ?? '192.0.2.1' },
    body: JSON.stringify({ email, password: options.as ?? 'a guess' }),
  });
}
const metric = async (gateway: TestGateway, series: string) => {
  const scrape = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  return Number(
    scrape
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1],
  );
};
async function audited(action: string): Promise<Record<string, unknown>[]> {
  const { rows } = await platform.database.pool.query<{ record: string }>(
    'SELECT record FROM audit_event WHERE action = $1 ORDER BY id',
    [action],
  );
  return rows.map(({ record }) => JSON.parse(record) as Record<string, unknown>);
}

describe('guessing a password', () => {
  test('locks the account at every gateway, whether there is such an account or not, with one answer', async () => {
    const id = await platform.addUser({ email: 'known@example.com', password, scopes: [] });
    const gateways = [await start({}), await start({})];
    const answers: Record<string, RawAnswer> = {};
    for (const email of ['known@example.com', 'nobody@example.com']) {
      for (let times = 0; times < 5; times += 1)
        expect((await logIn(gateways[times % 2] as TestGateway, email)).status).toBe(401);
      answers[email] = await logIn(gateways[0] as TestGateway, email, { from: '192.0.2.2', as: password });
    }
    const [known, nobody] = Object.values(answers) as [RawAnswer, RawAnswer];
    expect(known.status).toBe(429);
    expect(known.body).toBe(nobody.body);
    expect(JSON.parse(known.body)).toMatchObject({ code: 'too_many_attempts' });
    for (const { headers } of [known, nobody]) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
      expect(Number(headers['retry-after'])).toBeLessThanOrEqual(30);
    }
    const locks = await audited('login_locked_out');
    expect(locks.map(({ scope, subject, locked_seconds }) => [scope, subject, locked_seconds])).toEqual([
      ['account', `user:${id}`, 30],
      ['account', null, 30],
    ]);
    expect(JSON.stringify(locks)).not.toContain('@example.com');
    const counted = [];
    for (const gateway of gateways)
      counted.push(await metric(gateway, 'login_lockouts_total{scope="account"}'));
    expect(counted.reduce((sum, count) => sum + count)).toBe(2);
  });

  test('a login that succeeds forgets the failures before it', async () => {
    await platform.addUser({ email: 'forgetful@example.com', password, scopes: [] });
    const gateway = await start({});
    for (const as of ['a', 'b', 'c', 'd', password, 'a', 'b', 'c', 'd', password])
      expect((await logIn(gateway, 'forgetful@example.com', { as, from: '192.0.2.3' })).status).toBe(
        as === password ? 200 : 401,
      );
  });

  test('locks the address that tries many accounts, and nobody else', async () => {
    await platform.addUser({ email: 'bystander@example.com', password, scopes: [] });
    const gateway = await start({ LOGIN_ADDRESS_FREE_FAILURES: '3' });
    const from = '2001:db8:0:1::1';
    for (let at = 0; at < 3; at += 1)
      expect((await logIn(gateway, `a${at}@example.com`, { from })).status).toBe(401);
    expect((await logIn(gateway, 'bystander@example.com', { from: '2001:db8:0:1::2' })).status).toBe(429);
    const elsewhere = { from: '2001:db8:0:2::1', as: password };
    expect((await logIn(gateway, 'bystander@example.com', elsewhere)).status).toBe(200);
  });

  test('is throttled without Redis too, and that is counted', async () => {
    const redis = await startTestRedis();
    const gateway = await start({ REDIS_URL: redis.url });
    await redis.stop();
    for (let times = 0; times < 5; times += 1)
      expect((await logIn(gateway, 'offline@example.com', { from: '192.0.2.5' })).status).toBe(401);
    expect((await logIn(gateway, 'offline@example.com', { from: '192.0.2.5' })).status).toBe(429);
    expect(await metric(gateway, 'login_throttle_fallback_total')).toBeGreaterThan(0);
    await gateway.gateway.stop();
    await redis.drop();
  });
});

test('refresh tokens that are refused, however often, are audited once for each source, session and minute', async () => {
  const id = await platform.addUser({ email: 'over@example.com', password, scopes: [] });
  const gateway = await start({});
  const from = '198.51.100.9';
  const post = (path: string, token: string) =>
    send(`${gateway.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': from },
      body: JSON.stringify({ refresh_token: token }),
    });
  const session = await logIn(gateway, 'over@example.com', { as: password, from });
  const { refresh_token: over } = JSON.parse(session.body) as { refresh_token: string };
  await post('/auth/logout', over);
  for (const token of ['abc', `swfx_rt_${'A'.repeat(43)}`, 'abc', over, over])
    expect((await post('/auth/refresh', token)).status).toBe(400);
  await gateway.gateway.stop();
  const counted = (await audited('token_refresh_failed')).filter(({ source }) => source === from);
  const told = (reason: string) => counted.filter((record) => record['reason'] === reason);
  const count = (reason: string) => told(reason).reduce((sum, each) => sum + (each['count'] as number), 0);
  expect([count('unknown'), count('ended')]).toEqual([3, 2]);
  expect(told('unknown')[0]).toMatchObject({ outcome: 'denied', subject: null });
  expect(told('ended')[0]).toMatchObject({
    outcome: 'denied',
    subject: `user:${id}`,
    family_id: expect.any(String) as string,
  });
});

describe('suspicious patterns', () => {
  const reported = (pattern: string) =>
    waitUntil(async () => {
      const { rows } = await platform.database.pool.query<{ incident: string }>(
        `SELECT incident FROM alert WHERE kind = 'suspicious_activity' AND incident LIKE $1`,
        [`suspicious:${pattern}:%`],
      );
      return rows.length > 0 && rows.map(({ incident }) => incident);
    });
  const audit = async (pattern: string) =>
    (await audited('suspicious_activity_detected'))
      .filter((record) => record['pattern'] === pattern)
      .map(({ source, count, window_seconds }) => [source, count, window_seconds]);

  test('one address that fails at many accounts is counted, audited and alerted once', async () => {
    const gateway = await start({ SUSPICIOUS_LOGIN_ACCOUNTS: '3' });
    for (const account of ['a', 'a', 'b', 'c', 'd'])
      await logIn(gateway, `stuffed-${account}@example.com`, { from: '198.51.100.1' });
    expect(await reported('credential_stuffing')).toEqual(['suspicious:credential_stuffing:198.51.100.1']);
    expect(await audit('credential_stuffing')).toEqual([['198.51.100.1', 3, 300]]);
    expect(await metric(gateway, 'suspicious_activity_total{pattern="credential_stuffing"}')).toBe(1);
  });

  test('one address that sends forged tokens, or tokens of keys that nobody has, is too', async () => {
    const gateway = await start({ SUSPICIOUS_SIGNATURE_FAILURES: '4', SUSPICIOUS_UNKNOWN_KIDS: '2' });
    const stranger = await generateSigningKey('ES256');
    const call = (token: string, from: string) =>
      send(`${gateway.url}/api/x`, { headers: { ...bearer(token), 'x-forwarded-for': from } });
    for (let times = 0; times < 5; times += 1) {
      await call(tokenBy({ ...stranger, kid: key.kid }), '198.51.100.2');
      await call(tokenBy(key), '198.51.100.4');
    }
    for (let times = 0; times < 2; times += 1) await call(tokenBy(stranger), '198.51.100.3');
    expect(await reported('signature_failures')).toEqual(['suspicious:signature_failures:198.51.100.2']);
    expect(await reported('unknown_kids')).toEqual(['suspicious:unknown_kids:198.51.100.3']);
    expect(await audit('signature_failures')).toEqual([['198.51.100.2', 4, 300]]);
    expect(await audit('unknown_kids')).toEqual([['198.51.100.3', 2, 300]]);
  });
});
