import { once } from 'node:events';
import { connect } from 'node:net';
import type { GeneratedKey } from '@swfx/signing-keys';
import { startHttpStandIn, waitUntil, type HttpStandIn } from '@swfx/testkit';
import { send, sendBytes } from '../testing/raw-http';
import { rotateKeys } from '../testing/rotate-keys';
import { createTestPlatform, type TestGateway, type TestPlatform } from '../testing/start-test-gateway';
import { bearer, tokenBy } from '../testing/tokens';

let platform: TestPlatform;
let upstream: HttpStandIn;
let gateway: TestGateway;
let key: GeneratedKey;

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startHttpStandIn();
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
  gateway = await platform.start(upstream.url);
  await waitUntil(async () => (await fetch(`${gateway.operationsUrl}/readyz`)).ok);
});
beforeEach(() => void upstream.requests.splice(0));
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

/** A request head, authorised, which asks for the connection to be closed after its answer. */
function head(requestLine: string, ...lines: string[]): string {
  const fixed = ['Host: gateway.example', 'Connection: close', 'Authorization: Bearer TOKEN'];
  return `${[requestLine, ...fixed, ...lines].join('\r\n')}\r\n\r\n`;
}
const write = (bytes: string) => sendBytes(gateway.port, bytes.replace('TOKEN', tokenBy(key)));
const statusesOf = (answer: string) =>
  [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status));

test('an identity that a client claims does not reach the upstream', async () => {
  await send(`${gateway.url}/api/x`, {
    headers: {
      ...bearer(tokenBy(key, { sub: 'user:real', scope: 'platform:read' })),
      'X-Auth-Subject': 'user:admin',
      x_auth_subject: 'user:admin',
      'X-AUTH-Scopes': 'everything',
      'X-Forwarded-For': '203.0.113.9',
      Forwarded: 'for=203.0.113.9',
      Connection: 'keep-alive, x-auth-subject',
    },
  });
  const { headers } = upstream.requests[0] as { headers: Record<string, string> };
  expect(headers).toMatchObject({
    'x-auth-subject': 'user:real',
    'x-auth-scopes': 'platform:read',
    'x-forwarded-for': '127.0.0.1',
  });
  expect(JSON.stringify(headers)).not.toMatch(/admin|everything|203\.0\.113\.9/);
});

test('the way of a request is told from its client on, over proxies of ours only', async () => {
  const behind = await platform.start(upstream.url, { TRUSTED_PROXIES: '127.0.0.1, 10.0.0.0/8' });
  await waitUntil(async () => (await fetch(`${behind.operationsUrl}/readyz`)).ok);
  const way = { 'x-forwarded-for': ['10.66.6.6, 203.0.113.9', '10.0.0.2'], 'x-forwarded-proto': 'https' };
  for (const { url } of [behind, gateway])
    await send(`${url}/api/x`, { headers: { ...bearer(tokenBy(key)), ...way } });
  const told = upstream.requests.map(({ headers }) => [
    headers['x-forwarded-for'],
    headers['x-forwarded-proto'],
  ]);
  expect(told).toEqual([
    ['203.0.113.9, 10.0.0.2, 127.0.0.1', 'https'],
    ['127.0.0.1', 'http'],
  ]);
});

test.each([
  '/api/../auth/me',
  '/api/%2e%2e/auth/me',
  '/api/..%2fauth/me',
  '/api/..;/auth/me',
  '/api//admin',
  '/api/%252e%252e/x',
  '/x/../api/wallets',
])('%s is refused before anyone asks what it means', async (path) => {
  const answer = await write(head(`GET ${path} HTTP/1.1`));
  expect(statusesOf(answer)).toEqual([400]);
  expect(answer).toContain('"code":"invalid_request"');
  expect(upstream.requests).toEqual([]);
});

test('what was authorised is what is forwarded', async () => {
  await write(head('GET /%61pi/%77allets?q=%2e%2e/ HTTP/1.1'));
  await write(head('GET http://other.example/api/x HTTP/1.1'));
  expect(upstream.requests.map(({ path }) => path)).toEqual(['/api/wallets?q=%2e%2e/', '/api/x']);
});

const smuggled = 'GET /api/smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
test.each([
  ['two Host headers', head('GET /api/x HTTP/1.1', 'Host: other.example')],
  ['no Host header', 'GET /api/x HTTP/1.1\r\nConnection: close\r\n\r\n'],
  [
    'both a length and chunks',
    head('POST /api/x HTTP/1.1', 'Content-Length: 4', 'Transfer-Encoding: chunked') + `0\r\n\r\n${smuggled}`,
  ],
  ['two lengths', `${head('POST /api/x HTTP/1.1', 'Content-Length: 0', 'Content-Length: 44')}${smuggled}`],
  ['a length that is none', head('POST /api/x HTTP/1.1', 'Content-Length: +3') + 'abc'],
  [
    'an unknown coding after chunked',
    head('POST /api/x HTTP/1.1', 'Transfer-Encoding: chunked, identity') + smuggled,
  ],
  [
    'a space before a colon',
    head('POST /api/x HTTP/1.1', 'Transfer-Encoding : chunked') + `0\r\n\r\n${smuggled}`,
  ],
  [
    'chunks in a version that has none',
    `${head('POST /api/x HTTP/1.0', 'Transfer-Encoding: chunked').replace('close', 'keep-alive')}0\r\n\r\n${smuggled}`,
  ],
  ['a folded header', head('GET /api/x HTTP/1.1', 'X-Folded: a', ' b')],
  ['a bare line feed', head('GET /api/x HTTP/1.1', 'X-A: b\nTransfer-Encoding: chunked')],
  [
    'a chunk size that overflows',
    head('POST /api/x HTTP/1.1', 'Transfer-Encoding: chunked') + 'fffffffffffffffff\r\n',
  ],
])('a request with %s is answered with one error, and nothing of it is forwarded', async (_case, bytes) => {
  const answer = await write(bytes);
  const statuses = statusesOf(answer);
  expect(statuses).toHaveLength(1);
  expect(statuses[0]).toBeGreaterThanOrEqual(400);
  expect(statuses[0]).toBeLessThan(500);
  expect(upstream.requests.map(({ path }) => path)).toEqual([]);
});

test.each([
  ['gzip, chunked', [501]],
  ['gzip\r\nTransfer-Encoding: chunked', [501]],
  ['identity, chunked', [501]],
  ['Chunked', [200]],
])('a body in the transfer coding %s is answered with %s', async (coding, statuses) => {
  const answer = await write(
    `${head('POST /api/x HTTP/1.1', `Transfer-Encoding: ${coding}`)}3\r\nabc\r\n0\r\n\r\n`,
  );
  expect(statusesOf(answer)).toEqual(statuses);
  expect(answer.includes('"code":"unsupported_transfer_coding"')).toBe(statuses[0] === 501);
  expect(upstream.requests.map(({ body }) => body)).toEqual(statuses[0] === 501 ? [] : ['abc']);
});

test('a coding that is not understood is refused on the way to a login too', async () => {
  const answer = await write(
    `${head('POST /auth/login HTTP/1.1', 'Transfer-Encoding: gzip, chunked')}0\r\n\r\n`,
  );
  expect(statusesOf(answer)).toEqual([501]);
});

test('what follows a body is a request of its own, with its own authorisation', async () => {
  const first = head('POST /api/first HTTP/1.1', 'Content-Length: 3').replace('Connection: close\r\n', '');
  const second = 'GET /api/second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
  const answer = await write(`${first}abc${second}`);
  expect(statusesOf(answer)).toEqual([200, 401]);
  expect(upstream.requests.map(({ path, body }) => [path, body])).toEqual([['/api/first', 'abc']]);
});

test.each([
  ['Upgrade', ['Upgrade: websocket', 'Connection: upgrade']],
  ['h2c', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA']],
  ['Keep-Alive', ['Keep-Alive: timeout=5']],
  ['TE', ['TE: trailers']],
])('a request with %s is answered as one without', async (_case, lines) => {
  expect(statusesOf(await write(head('GET /api/x HTTP/1.1', ...lines)))).toEqual([200]);
});

test('a body is invited only once its request is let through', async () => {
  const expecting = ['Expect: 100-continue', 'Content-Length: 3'];
  const accepted = connect(gateway.port, '127.0.0.1');
  let seen = '';
  accepted.on('data', (chunk) => (seen += String(chunk)));
  accepted.write(head('POST /api/x HTTP/1.1', ...expecting).replace('TOKEN', tokenBy(key)));
  await waitUntil(() => seen.includes('100 Continue'));
  accepted.write('abc');
  await once(accepted, 'close');
  expect(statusesOf(seen)).toEqual([100, 200]);
  expect(upstream.requests[0]?.body).toBe('abc');

  const refused = connect(gateway.port, '127.0.0.1');
  let answer = '';
  refused.on('data', (chunk) => (answer += String(chunk)));
  refused.write(`POST /api/x HTTP/1.1\r\nHost: x\r\n${expecting.join('\r\n')}\r\n\r\n`);
  await waitUntil(() => answer.includes('\r\n\r\n{'));
  refused.destroy();
  expect(statusesOf(answer)).toEqual([401]);
});

test('logging in works for a client that asks before it sends', async () => {
  const socket = connect(gateway.port, '127.0.0.1');
  let seen = '';
  socket.on('data', (chunk) => (seen += String(chunk)));
  socket.write(
    'POST /auth/login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
  );
  await waitUntil(() => seen.includes('100 Continue'));
  socket.write('{}');
  await once(socket, 'close');
  expect(statusesOf(seen)).toEqual([100, 400]);
});

test('a trace that a caller began is continued, and a request id that is none is replaced', async () => {
  const traceId = 'ab'.repeat(16);
  const headers = {
    ...bearer(tokenBy(key)),
    traceparent: `00-${traceId}-${'cd'.repeat(8)}-01`,
    tracestate: 'a=1',
  };
  await send(`${gateway.url}/api/x`, { headers: { ...headers, 'x-request-id': 'not one\t' } });
  await send(`${gateway.url}/api/x`, { headers: { ...headers, traceparent: 'nonsense' } });
  const [continued, begun] = upstream.requests.map((request) => request.headers);
  expect(continued?.['traceparent']).toMatch(new RegExp(`^00-${traceId}-(?!cdcd)[0-9a-f]{16}-01$`));
  expect(continued?.['tracestate']).toBe('a=1');
  expect(continued?.['x-request-id']).toBe(traceId);
  expect(begun?.['traceparent']).not.toContain(traceId);
  expect(begun?.['tracestate']).toBeUndefined();
});

test('methods that no metric should be named by are counted as OTHER', async () => {
  await send(`${gateway.url}/api/x`, { method: 'PROPFIND', headers: bearer(tokenBy(key)) });
  const scrape = await waitUntil(async () => {
    const text = await (await fetch(`${gateway.operationsUrl}/metrics`)).text();
    return text.includes('method="OTHER"') && text;
  });
  expect(scrape).toContain('http_requests_total{method="OTHER",endpoint="/api/*",status="200"} 1');
});
