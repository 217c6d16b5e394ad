import { headersForClient } from './response-headers';

test('passes on what the upstream says of its answer, repeated headers too', () => {
  const raw = [
    'Content-Type',
    'a/b',
    'Set-Cookie',
    'a=1',
    'Set-Cookie',
    'b=2',
    'ETag',
    '"x"',
    'Content-Length',
    '3',
  ];
  expect(headersForClient(200, raw)).toEqual(raw);
});

test('keeps back what is about the connection behind the gateway, and what tells of the software there', () => {
  const raw = [
    ...['Connection', 'keep-alive, X-Hop', 'X-Hop', '1', 'Keep-Alive', 'timeout=5', 'Trailer', 'Expires'],
    ...['Transfer-Encoding', 'chunked', 'Proxy-Authenticate', 'Basic', 'Upgrade', 'h2c'],
    ...['Server', 'x/1', 'X-Powered-By', 'y', 'X-Request-Id', 'theirs', 'X-Auth-Subject', 'user:1'],
  ];
  expect(headersForClient(200, raw)).toEqual([]);
});

test('gives an answer without content no length', () => {
  expect(headersForClient(204, ['Content-Length', '0'])).toEqual([]);
  expect(headersForClient(304, ['Content-Length', '120'])).toEqual(['Content-Length', '120']);
});
