import { createLoggers } from '@swfx/logging';
import { createMetrics } from '@swfx/metrics';
import { Registry } from 'prom-client';
import { createControlPlane, type ControlPlaneOptions } from '../control-plane';
import { describeApi } from './describe-api';

const routes = [
  {
    prefix: '/api',
    upstream: 'http://127.0.0.1:1',
    scopes: { read: 'platform:read', write: 'platform:write' },
  },
];
interface Described {
  openapi: string;
  paths: Record<string, Record<string, { security?: Record<string, string[]>[]; responses?: object }>>;
  components: { schemas: Record<string, object> };
}
const api = JSON.parse(JSON.stringify(describeApi(routes))) as Described;
const methods = ['get', 'post', 'put', 'patch', 'delete', 'head', 'options'];

/** What Express really answers: nothing of it is called here, so the ports behind it are empty. */
function realRoutes(): string[] {
  const loggers = createLoggers({ service: 'test', environment: 'test', level: 'error', accessLogFile: '-' });
  const app = createControlPlane({
    routes,
    issuer: {},
    checks: {},
    metrics: createMetrics({
      service: 'test',
      version: '1',
      environment: 'test',
      names: ['http_requests_total', 'http_request_duration_seconds'],
      registry: new Registry(),
    }),
    logger: loggers.app,
    access: loggers.access,
  } as unknown as ControlPlaneOptions);
  const stack = app.router.stack as unknown as {
    route?: { path: string; methods: Record<string, boolean> };
  }[];
  return stack.flatMap(({ route }) =>
    route
      ? Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`)
      : [],
  );
}

test('describes every address of the gateway, and none that it has not', () => {
  const described = Object.entries(api.paths)
    .filter(([path]) => !path.startsWith('/api/'))
    .flatMap(([path, item]) =>
      Object.keys(item)
        .filter((method) => methods.includes(method))
        .map((method) => `${method} ${path}`),
    );
  expect(described.sort()).toEqual(realRoutes().sort());
});

test('tells the scopes of the platform’s routes, and of the administrators’ own', () => {
  const scopeOf = (path: string, method: string) => api.paths[path]?.[method]?.security;
  expect(scopeOf('/api/{path}', 'get')).toEqual([{ bearer: ['platform:read'] }]);
  expect(scopeOf('/api/{path}', 'delete')).toEqual([{ bearer: ['platform:write'] }]);
  expect(scopeOf('/admin/users', 'post')).toEqual([{ bearer: ['admin:users'] }]);
  expect(scopeOf('/auth/me', 'get')).toEqual([{ bearer: [] }]);
  expect(scopeOf('/auth/login', 'post')).toBeUndefined();
});

test('refers to nothing that it does not hold', () => {
  const references = JSON.stringify(api).match(/#\/components\/schemas\/\w+/g) ?? [];
  const names = references.map((reference) => reference.split('/').at(-1) as string);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(api.components.schemas).toHaveProperty(name);
  expect(api.openapi).toBe('3.1.0');
  for (const item of Object.values(api.paths))
    for (const [method, operation] of Object.entries(item))
      if (methods.includes(method)) expect(Object.keys(operation.responses ?? {}).length).toBeGreaterThan(1);
});
