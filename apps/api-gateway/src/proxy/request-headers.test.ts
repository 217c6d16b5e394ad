import { headersForUpstream, type RequestFacts } from './request-headers';

const facts: RequestFacts = {
  subject: 'user:1',
  scopes: ['platform:read', 'platform:write'],
  requestId: 'r1',
  traceparent: '00-a-b-01',
  path: ['203.0.113.9', '10.0.0.1'],
  protocol: 'http',
  host: 'gateway.example',
  continuesTrace: false,
  hasBody: true,
};

function forwarded(raw: string[], changes: Partial<RequestFacts> = {}): [string, string][] {
  const headers = headersForUpstream(raw, { ...facts, ...changes });
  return headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] as string]] : []));
}
const ours = forwarded([]);

test('says who calls, by which request, and from where', () => {
  expect(Object.fromEntries(ours)).toEqual({
    'x-auth-subject': 'user:1',
    'x-auth-scopes': 'platform:read platform:write',
    'x-request-id': 'r1',
    traceparent: '00-a-b-01',
    'x-forwarded-for': '203.0.113.9, 10.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': 'gateway.example',
  });
});

test('passes on what an upstream may need, in order and repeated as it came', () => {
  const raw = ['Accept', 'a/b', 'Cookie', 'x=1', 'X-Custom', '1', 'x-custom', '2', 'Content-Length', '3'];
  expect(forwarded(raw)).toEqual([
    ['Accept', 'a/b'],
    ['Cookie', 'x=1'],
    ['X-Custom', '1'],
    ['x-custom', '2'],
    ['Content-Length', '3'],
    ...ours,
  ]);
});

test.each([
  ['the bearer token', ['Authorization', 'Bearer x']],
  ['an identity', ['X-Auth-Subject', 'user:admin', 'x-auth-scopes', 'all', 'X-Auth-Anything', '1']],
  [
    'an identity that a framework would fold into ours',
    ['X_Auth_Subject', 'user:admin', 'x_auth-scopes', 'a'],
  ],
  ['where it came from', ['X-Forwarded-For', '1.1.1.1', 'Forwarded', 'for=1.1.1.1', 'X-Real-IP', '1.1.1.1']],
  [
    'another method',
    ['X-HTTP-Method-Override', 'DELETE', 'X-Method-Override', 'DELETE', 'X_HTTP_Method', 'PUT'],
  ],
  ['another path', ['X-Original-URL', '/admin', 'X-Rewrite-URL', '/admin']],
  ['a caller by another name', ['Remote-User', 'root', 'X-Remote-User', 'root', 'True-Client-IP', '1.1.1.1']],
  ['another correlation', ['X-Request-ID', 'x', 'Traceparent', 'x', 'Tracestate', 'x=1']],
  ['what is about this connection', ['Keep-Alive', 'x', 'TE', 'trailers', 'Trailer', 'x', 'Upgrade', 'h2c']],
  ['how the body is framed', ['Transfer-Encoding', 'chunked']],
  ['credentials for a proxy', ['Proxy-Authorization', 'x', 'Proxy-Connection', 'x']],
  ['an expectation that is answered here', ['Expect', '100-continue']],
  ['the host that the gateway was called by', ['Host', 'gateway.example']],
  [
    'what Connection names',
    ['Connection', 'close, X-Hop', 'x-hop', '1', 'CONNECTION', 'x-other', 'X-Other', '2'],
  ],
])('does not pass on %s', (_case, raw) => {
  expect(forwarded(raw)).toEqual(ours);
});

test('a client cannot have our own headers removed by naming them in Connection', () => {
  expect(forwarded(['Connection', 'x-auth-subject, x-forwarded-for, traceparent'])).toEqual(ours);
});

test('says no length where there is no body', () => {
  expect(forwarded(['Content-Length', '0'], { hasBody: false })).toEqual(ours);
});

test('keeps the state of a trace that it continues', () => {
  expect(forwarded(['tracestate', 'a=1'], { continuesTrace: true })).toEqual([
    ['tracestate', 'a=1'],
    ...ours,
  ]);
});
