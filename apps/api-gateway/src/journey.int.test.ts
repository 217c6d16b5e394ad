import { readFileSync } from 'node:fs';
import { startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { hash } from '@node-rs/argon2';
import { createLocalJWKSet, decodeJwt, jwtVerify, type JSONWebKeySet } from 'jose';
import { isOutdated } from './auth/password';
import { send } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';

const password = 'correct horse battery staple';
let platform: TestPlatform;
let upstream: HttpStandIn;
let gateway: TestGateway;
let userId: string;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn((request) => ({
    body: { path: request.path, headers: request.headers, body: request.body },
  }));
  await rotateKeys(platform.database.pool, platform.keyEncryptionKeys);
  userId = await platform.addUser({ email: 'Alice@Example.com', password, scopes: ['platform:read'] });
  await platform.addUser({
    email: 'writer@example.com',
    password,
    scopes: ['platform:read', 'platform:write'],
  });
  await platform.addUser({ email: 'gone@example.com', password, scopes: ['platform:read'], disabled: true });
  gateway = await platform.start(upstream.url);
  await waitUntil(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok);
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

function logIn(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${gateway.url}/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}
async function tokenOf(email: string): Promise<string> {
  const response = await logIn({ email, password });
  return ((await response.json()) as { access_token: string }).access_token;
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

interface Audited {
  action: string;
  subject: string | null;
  reason?: string;
  source?: string;
  count?: number;
}
function audited(): Audited[] {
  const lines = readFileSync(gateway.auditFile, 'utf8').trim().split('\n');
  return lines.filter(Boolean).map((line) => JSON.parse(line) as Audited);
}

describe('from a login to the platform', () => {
  test('a password becomes an access token that reaches the upstream', async () => {
    const login = await logIn({ email: ' alice@EXAMPLE.com', password });
    expect(login.status).toBe(200);
    expect(login.headers.get('cache-control')).toBe('no-store');
    const token = (await login.json()) as Record<string, unknown>;
    expect(token).toEqual({
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'platform:read',
      refresh_token: expect.stringMatching(/^swfx_rt_[\w-]{43}$/) as string,
    });

    const answer = await fetch(`${gateway.url}/api/wallets?limit=2`, {
      headers: bearer(token['access_token'] as string),
    });
    expect(answer.status).toBe(200);
    const seen = (await answer.json()) as { path: string; headers: Record<string, string> };
    expect(seen.path).toBe('/api/wallets?limit=2');
    expect(seen.headers).toMatchObject({
      'x-auth-subject': `user:${userId}`,
      'x-auth-scopes': 'platform:read',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': `127.0.0.1:${gateway.port}`,
      'x-request-id': answer.headers.get('x-request-id'),
    });
    expect(seen.headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(seen.headers['authorization']).toBeUndefined();
    expect(seen.headers['host']).toBe(new URL(upstream.url).host);
  });

  test('the published keys verify the token for anyone (RFC 7517, RFC 9068)', async () => {
    const token = await tokenOf('alice@example.com');
    const response = await fetch(`${gateway.url}/.well-known/jwks.json`);
    expect(response.headers.get('content-type')).toMatch(/^application\/jwk-set\+json/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=60');
    const keys = createLocalJWKSet((await response.json()) as JSONWebKeySet);
    const verified = await jwtVerify(token, keys, {
      issuer: 'smartwalletfx',
      audience: 'smartwalletfx-platform',
      typ: 'at+jwt',
      algorithms: ['ES256'],
    });
    expect(verified.payload).toMatchObject({ sub: `user:${userId}`, scope: 'platform:read' });
    expect(verified.payload.exp).toBe((verified.payload.iat as number) + 600);
  });

  test('whoever has the published keys already is told so', async () => {
    const url = `${gateway.url}/.well-known/jwks.json`;
    const { etag } = (await send(url)).headers;
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    expect((await send(url, { headers: { 'if-none-match': etag as string } })).status).toBe(304);
    expect((await send(url, { headers: { 'if-none-match': '"another"' } })).status).toBe(200);
  });

  test('a caller can ask who they are', async () => {
    const me = await fetch(`${gateway.url}/auth/me`, { headers: bearer(await tokenOf('alice@example.com')) });
    expect(await me.json()).toEqual({
      subject: `user:${userId}`,
      email: 'alice@example.com',
      roles: [],
      scopes: ['platform:read'],
    });
  });

  test('the write scope lets a body through to the upstream', async () => {
    const answer = await fetch(`${gateway.url}/api/transactions`, {
      method: 'POST',
      headers: { ...bearer(await tokenOf('writer@example.com')), 'content-type': 'application/json' },
      body: '{"amount":1}',
    });
    expect(await answer.json()).toMatchObject({ path: '/api/transactions', body: '{"amount":1}' });
  });
});

test('no token lives longer than its key can, also where the gateway was told otherwise', async () => {
  const { pool } = platform.database;
  await pool.query(`UPDATE key_set SET policy = '{"graceSeconds":200,"clockSkewSeconds":10}'`);
  const short = (await (await logIn({ email: 'writer@example.com', password })).json()) as {
    access_token: string;
    expires_in: number;
  };
  await pool.query('UPDATE key_set SET policy = NULL');
  const claims = decodeJwt(short.access_token) as { iat: number; exp: number };
  expect([short.expires_in, claims.exp - claims.iat]).toEqual([170, 170]);
});

describe('logging in', () => {
  test.each([
    ['a wrong password', 'alice@example.com', 'wrong'],
    ['an unknown user', 'nobody@example.com', password],
    ['a disabled user', 'gone@example.com', password],
  ])('answers %s as it answers any other', async (_case, email, given) => {
    const response = await logIn({ email, password: given });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="smartwalletfx"');
    expect(await response.json()).toEqual({
      type: 'urn:smartwalletfx:problem:invalid_credentials',
      title: 'The e-mail address or the password is wrong',
      status: 401,
      code: 'invalid_credentials',
      detail: 'the e-mail address or the password is wrong',
    });
  });

  test('audits each login under the pseudonym of its user, without address or password', async () => {
    const subject = `user:${userId}`;
    const seen = audited();
    expect(seen).toContainEqual(expect.objectContaining({ action: 'user_login_success', subject }));
    const failures = seen.filter(({ action }) => action === 'user_login_failed');
    expect(failures.map((event) => [event.reason, event.subject === null])).toEqual([
      ['wrong_password', false],
      ['unknown_user', true],
      ['disabled', false],
    ]);
    const text = readFileSync(gateway.auditFile, 'utf8');
    expect(text).not.toMatch(/@example\.com|correct horse/i);
    const { rows } = await platform.database.pool.query(
      `SELECT 1 FROM audit_event WHERE action = 'user_login_failed'`,
    );
    expect(rows).toHaveLength(3);
  });

  test.each([
    ['no JSON', 'email=x', {}],
    ['another media type', '{"email":"a@b.c","password":"x"}', { 'content-type': 'text/plain' }],
    ['no password', { email: 'alice@example.com' }, {}],
    ['an email that no database holds', { email: 'a\0b@example.com', password: 'x' }, {}],
    ['a password that is not text', { email: 'alice@example.com', password: 1 }, {}],
  ])('refuses %s as malformed', async (_case, body, headers) => {
    const response = await logIn(body, headers);
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(await response.json()).toMatchObject({ code: 'invalid_request' });
  });

  test('refuses a body beyond 4 KiB', async () => {
    const response = await logIn({ email: 'alice@example.com', password: 'x'.repeat(5_000) });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ code: 'payload_too_large' });
  });
});

/** Of a scrape, the lines that the gateway's own metrics make. */
function ours(scrape: string): string {
  return scrape
    .split('\n')
    .filter((line) => /^(http_requests|token_ver|jwt_)/.test(line))
    .join('\n');
}

describe('what the gateway tells of itself', () => {
  test('counts requests under the template of their route, and verifications by outcome', async () => {
    await fetch(`${gateway.url}/api/wallets/42`, { headers: bearer(await tokenOf('alice@example.com')) });
    await fetch(`${gateway.url}/nowhere`);
    const metrics = await waitUntil(async () => {
      const text = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
      return text.includes('endpoint="unmatched"') && ours(text);
    });
    expect(metrics).toMatch(/http_requests_total\{method="GET",endpoint="\/api\/\*",status="200"\} \d+/);
    expect(metrics).toMatch(/http_requests_total\{method="POST",endpoint="\/auth\/login",status="401"\} 3/);
    expect(metrics).toMatch(/http_requests_total\{method="GET",endpoint="unmatched",status="404"\} 1/);
    expect(metrics).not.toContain('wallets');
    expect(metrics).toMatch(/token_verifications_total\{outcome="accepted"\} [1-9]/);
    expect(metrics).toContain('token_verifications_total{outcome="expired"} 0');
    expect(metrics).toMatch(/jwt_key_set_epoch 1/);
    expect(metrics).toMatch(/jwt_key_set_age_seconds \d/);
  });

  test('writes one access line for each request, with its request id and without its query', async () => {
    await fetch(`${gateway.url}/api/wallets?secret=1`, {
      headers: { ...bearer(await tokenOf('alice@example.com')), 'x-request-id': 'ticket-7' },
    });
    const line = await waitUntil(() =>
      readFileSync(gateway.accessFile, 'utf8')
        .split('\n')
        .find((text) => text.includes('ticket-7')),
    );
    expect(line).toMatch(/ 127\.0\.0\.1 "GET \/api\/wallets HTTP\/1\.1" 200 \S+ [\d.]+ ".*" ticket-7$/);
  });

  test('answers an address that nobody has with problem+json', async () => {
    const response = await fetch(`${gateway.url}/nowhere`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'not_found' });
  });

  test('reports its health at its own port too', async () => {
    const response = await fetch(`${gateway.url}/health`);
    const report = (await response.json()) as { checks: Record<string, string> };
    expect(report.checks).toEqual({ database: 'healthy', redis: 'healthy', celery: 'unhealthy' });
    expect(response.status).toBe(503);
  });
});

test('hashes a password anew that was hashed with other parameters, and refuses nobody meanwhile', async () => {
  const { pool } = platform.database;
  const email = 'longtime@example.com';
  const id = await platform.addUser({ email, password, scopes: ['platform:read'] });
  const hashOf = async () =>
    (await pool.query<{ hash: string }>('SELECT password_hash AS hash FROM app_user WHERE id = $1', [id]))
      .rows[0]?.hash ?? '';
  const old = await hash(password, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
  await pool.query('UPDATE app_user SET password_hash = $2 WHERE id = $1', [id, old]);
  expect((await logIn({ email, password: 'wrong' })).status).toBe(401);
  expect(await hashOf()).toBe(old);
  const answers = await Promise.all([1, 2, 3].map(() => logIn({ email, password })));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
  const renewed = await hashOf();
  expect(isOutdated(renewed)).toBe(false);
  expect((await logIn({ email, password })).status).toBe(200);
  expect(await hashOf()).toBe(renewed);
});
