import { createLoggers } from '@swfx/logging';
import { createMetrics } from '@swfx/metrics';
import { Registry } from 'prom-client';
import { createAdminApi, type AdminApiOptions } from './admin-api';
import { describeAdminApi } from './describe-api';

interface Described {
  openapi: string;
  paths: Record<string, Record<string, { security?: Record<string, string[]>[] }>>;
  components: { schemas: Record<string, object> };
}
const api = JSON.parse(JSON.stringify(describeAdminApi())) as Described;

/** What Express really answers: nothing of it is called here, so the ports behind it are empty. */
function realRoutes(): string[] {
  const loggers = createLoggers({ service: 'test', environment: 'test', level: 'error', accessLogFile: '-' });
  const metrics = createMetrics({
    service: 'test',
    version: '1',
    environment: 'test',
    names: ['http_requests_total', 'http_request_duration_seconds'],
    registry: new Registry(),
  });
  const options = { metrics, logger: loggers.app, access: loggers.access };
  const app = createAdminApi(options as unknown as AdminApiOptions);
  const stack = app.router.stack as unknown as {
    route?: { path: string; methods: Record<string, boolean> };
  }[];
  return stack.flatMap(({ route }) =>
    route
      ? Object.keys(route.methods).map((method) => `${method} ${route.path.replace(/:(\w+)/g, '{$1}')}`)
      : [],
  );
}

test('describes every address of the admin API, and none that it has not', () => {
  const described = Object.entries(api.paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method} ${path}`),
  );
  expect(described.sort()).toEqual(realRoutes().sort());
  expect(api.openapi).toBe('3.1.0');
});

test('tells the scope of each, and refers to nothing that it does not hold', () => {
  for (const [path, item] of Object.entries(api.paths))
    for (const [method, { security }] of Object.entries(item)) {
      const scope = security?.[0]?.['bearer']?.[0];
      if (path === '/openapi.json') expect(scope).toBeUndefined();
      else if (method === 'get') expect(scope).toBe('backups:read');
      else expect(scope).toBe(path.startsWith('/admin/restores') ? 'backups:restore' : 'backups:write');
    }
  const references = JSON.stringify(api).match(/#\/components\/schemas\/\w+/g) ?? [];
  for (const name of references.map((reference) => reference.split('/').at(-1) as string))
    expect(api.components.schemas).toHaveProperty(name);
});
