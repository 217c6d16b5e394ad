import { createRouteTable, routesSchema, scopeNeeded } from './route-table';

const scopes = { read: 'platform:read', write: 'platform:write' };
const admin = { read: 'admin', write: 'admin' };
const upstream = 'http://127.0.0.1:8001';
const table = createRouteTable([
  { prefix: '/api', upstream, scopes },
  { prefix: '/api/admin', upstream, scopes: admin },
]);

test.each([
  ['/api', '/api'],
  ['/api/', '/api'],
  ['/api/wallets/1', '/api'],
  ['/api/admin', '/api/admin'],
  ['/api/admin/users', '/api/admin'],
  ['/api/administrators', '/api'],
  ['/apiary', undefined],
  ['/', undefined],
  ['/auth/login', undefined],
])('%s belongs to the route %s', (path, prefix) => {
  expect(table.match(path)?.prefix).toBe(prefix);
});

test.each(['/api/ADMIN/users', '/API/Admin', '/api/admin;x=1/users', '/api;v=2/admin'])(
  'a spelling that an upstream may read as the narrower route needs its scope: %s',
  (path) => {
    expect(table.match(path)?.prefix).toBe('/api/admin');
  },
);

test('reading needs the read scope, everything else the write scope', () => {
  const route = { prefix: '/api', upstream, scopes };
  expect(['GET', 'HEAD', 'OPTIONS'].map((method) => scopeNeeded(route, method))).toEqual(
    Array(3).fill('platform:read'),
  );
  expect(['POST', 'PUT', 'PATCH', 'DELETE', 'PURGE', ''].map((method) => scopeNeeded(route, method))).toEqual(
    Array(6).fill('platform:write'),
  );
});

test.each([
  ['a prefix of the gateway itself', [{ prefix: '/auth', upstream, scopes }]],
  ['a prefix below one of the gateway', [{ prefix: '/.well-known/x', upstream, scopes }]],
  ['everything', [{ prefix: '/', upstream, scopes }]],
  ['a slash at the end', [{ prefix: '/api/', upstream, scopes }]],
  ['upper case', [{ prefix: '/Api', upstream, scopes }]],
  ['a dot segment', [{ prefix: '/api/..', upstream, scopes }]],
  ['an upstream with a path', [{ prefix: '/api', upstream: `${upstream}/v1`, scopes }]],
  ['an upstream with a password', [{ prefix: '/api', upstream: 'http://a:b@127.0.0.1', scopes }]],
  ['an upstream that is no web server', [{ prefix: '/api', upstream: 'redis://127.0.0.1', scopes }]],
  ['two scopes in one', [{ prefix: '/api', upstream, scopes: { read: 'a b', write: 'c' } }]],
  ['no scopes', [{ prefix: '/api', upstream }]],
  ['a misspelt member', [{ prefix: '/api', upstream, scopes, timeout: 1 }]],
  [
    'one prefix twice',
    [
      { prefix: '/api', upstream, scopes },
      { prefix: '/api', upstream, scopes },
    ],
  ],
])('a route table with %s is refused', (_case, routes) => {
  expect(routesSchema.safeParse(routes).success).toBe(false);
});
