import fc from 'fast-check';
import { parseRequestTarget } from './request-target';

test.each([
  ['/api/wallets?limit=2', '/api/wallets', '?limit=2'],
  ['/api/', '/api/', ''],
  ['/', '/', ''],
  ['/a?b?c=/../d', '/a', '?b?c=/../d'],
  ['/a?next=%2Fb', '/a', '?next=%2Fb'],
  ['http://gateway.example/api/x?y', '/api/x', '?y'],
  ['http://gateway.example', '/', ''],
  ['HTTPS://gateway.example?y', '/', '?y'],
  ['/caf%C3%A9', '/caf%C3%A9', ''],
  ['/a%20b', '/a%20b', ''],
  ['/%61pi/%7Euser', '/api/~user', ''],
  ['/a.b/..c/...', '/a.b/..c/...', ''],
])('%s is read as %s and %s', (raw, path, query) => {
  expect(parseRequestTarget(raw)).toEqual({ outcome: 'accepted', path, query });
});

test.each([
  '/api/../auth/login',
  '/api/..',
  '/api/./x',
  '/api/%2e%2e/auth',
  '/api/%2E./auth',
  '/api/..;/auth',
  '/api/..%3b/auth',
  '/api%2f..%2fauth',
  '/api/..%5cauth',
  '/api\\..\\auth',
  '/api/%252e%252e/auth',
  '/api/%25%32%65',
  '/api/x%00',
  '/api//x',
  '//auth/login',
  '/api/%',
  '/api/%zz',
  '/api/é',
  '/api/a b',
  '/api/a#b',
  '/api?a#b',
  '*',
  'api',
  'gateway.example:443',
  'http://user@gateway.example/api',
  'ftp://gateway.example/api',
])('%s is refused', (raw) => {
  expect(parseRequestTarget(raw).outcome).toBe('refused');
});

test('what is accepted is spelled in one way only: reading it again changes nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', '.', '%2e', '%2F', '%25', '%41', 'a', ';', '?', '\\', '%', '2e')),
      (parts) => {
        const first = parseRequestTarget(`/${parts.join('')}`);
        if (first.outcome === 'refused') return;
        expect(parseRequestTarget(first.path + first.query)).toEqual(first);
        expect(new URL(first.path, 'http://upstream').pathname).toBe(first.path);
      },
    ),
  );
});
