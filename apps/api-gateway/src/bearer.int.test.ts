import { readFileSync } from 'node:fs';
import { generateSigningKey, type GeneratedKey } from '@swfx/signing-keys';
import { startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { send } from './testing/raw-http';
import { rotateKeys } from './testing/rotate-keys';
import { createTestPlatform, type TestGateway, type TestPlatform } from './testing/start-test-gateway';
import { bearer, tokenBy } from './testing/tokens';

let platform: TestPlatform;
let upstream: HttpStandIn;
let gateway: TestGateway;
let key: GeneratedKey;
let stranger: GeneratedKey;
const longAgo = Math.floor(Date.now() / 1000) - 7_200;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn();
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
  stranger = await generateSigningKey('ES256');
  gateway = await platform.start(upstream.url);
  await waitUntil(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok);
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

const realm = 'Bearer realm="smartwalletfx"';
const api = (authorization?: string | string[], method = 'GET') =>
  send(`${gateway.url}/api/wallets`, { method, headers: authorization ? { authorization } : {} });

async function metricOf(outcome: string): Promise<number> {
  const scrape = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
  const line = scrape
    .split('\n')
    .find((text) => text.startsWith(`token_verifications_total{outcome="${outcome}"`));
  return Number(line?.split(' ')[1]);
}

test('without a token the challenge has no error code (RFC 6750 §3.1)', async () => {
  const answer = await api();
  expect(answer.status).toBe(401);
  expect(answer.headers['www-authenticate']).toBe(realm);
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(JSON.parse(answer.body)).toEqual({
    type: 'urn:smartwalletfx:problem:token_missing',
    title: 'This address needs an access token',
    status: 401,
    code: 'token_missing',
    detail: 'send an access token',
  });
});

test('credentials of another scheme are no token', async () => {
  const answer = await api('Basic dXNlcjpwYXNz');
  expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, realm]);
});

const bad: [name: string, outcome: string, token: () => string][] = [
  ['is no JWT', 'malformed', () => 'abc'],
  ['has a part too many', 'malformed', () => `${tokenBy(key)}.x`],
  ['is unsigned', 'malformed', () => tokenBy(key).replace(/[^.]*$/, '')],
  ['has a changed signature', 'bad_signature', () => `${tokenBy(key).slice(0, -8)}AAAAAAAA`],
  ['was signed by a stranger under our kid', 'bad_signature', () => tokenBy({ ...stranger, kid: key.kid })],
  ['was signed by a stranger', 'unknown_kid', () => tokenBy(stranger)],
  ['has expired', 'expired', () => tokenBy(key, { iat: longAgo, exp: longAgo + 600 })],
  ['is not valid yet', 'not_yet_valid', () => tokenBy(key, { iat: longAgo + 14_400, exp: longAgo + 15_000 })],
  ['is for another audience', 'wrong_audience', () => tokenBy(key, { aud: 'elsewhere' })],
  ['is of another issuer', 'wrong_issuer', () => tokenBy(key, { iss: 'elsewhere' })],
];
test.each(bad)(
  'a token that %s is refused as every other bad one, and counted as %s',
  async (_case, outcome, make) => {
    const before = await metricOf(outcome);
    const answer = await api(`Bearer ${make()}`);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(`${realm}, error="invalid_token"`);
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:smartwalletfx:problem:invalid_token',
      title: 'The access token is not valid',
      status: 401,
      code: 'invalid_token',
      detail: 'the access token is not valid',
    });
    expect(await metricOf(outcome)).toBe(before + 1);
  },
);

test('a token without the scope that the method needs is forbidden, and told which one', async () => {
  const token = `Bearer ${tokenBy(key, { scope: 'platform:read' })}`;
  expect((await api(token)).status).toBe(200);
  const answer = await api(token, 'POST');
  expect(answer.status).toBe(403);
  expect(answer.headers['www-authenticate']).toBe(
    `${realm}, error="insufficient_scope", scope="platform:write"`,
  );
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'insufficient_scope', scope: 'platform:write' });
});

test('a scope is compared whole', async () => {
  expect((await api(`Bearer ${tokenBy(key, { scope: 'platform:reader xplatform:read' })}`)).status).toBe(403);
});

test.each([
  ['no token after the scheme', 'Bearer'],
  ['two tokens', 'Bearer abc def'],
  ['characters that no token has', 'Bearer "abc"'],
])('an Authorization header with %s is a malformed request', async (_case, authorization) => {
  const answer = await api(authorization);
  expect(answer.status).toBe(400);
  expect(answer.headers['www-authenticate']).toBe(`${realm}, error="invalid_request"`);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'invalid_request' });
});

test('two Authorization headers are a malformed request, also when both are good', async () => {
  const token = `Bearer ${tokenBy(key)}`;
  expect((await api([token, token])).status).toBe(400);
});

test('the gateway’s own addresses refuse in the same way', async () => {
  const without = await send(`${gateway.url}/auth/me`);
  expect([without.status, without.headers['www-authenticate']]).toEqual([401, realm]);
  const withBad = await send(`${gateway.url}/auth/me`, { headers: bearer('abc') });
  expect([withBad.status, withBad.headers['www-authenticate']]).toEqual([
    401,
    `${realm}, error="invalid_token"`,
  ]);
});

test('no refused request reached the upstream', () => {
  expect(upstream.requests.map(({ method }) => method)).toEqual(['GET']);
});

test('what was refused is audited once for each source and reason, at the latest when the gateway stops', async () => {
  const other = await platform.start(upstream.url);
  await waitUntil(async () => (await fetch(`${other.operationsUrl}/readyz`)).ok);
  for (let times = 0; times < 3; times += 1) await send(`${other.url}/api/x`, { headers: bearer('abc') });
  await send(`${other.url}/api/x`);
  await other.gateway.stop();
  const lines = readFileSync(other.auditFile, 'utf8').trim().split('\n');
  const refused = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const counted = refused.filter(({ action }) => action === 'token_refused');
  expect(counted.reduce((sum, { count }) => sum + (count as number), 0)).toBe(3);
  expect(counted[0]).toMatchObject({
    reason: 'malformed',
    source: '127.0.0.1',
    outcome: 'denied',
    subject: null,
  });
});
