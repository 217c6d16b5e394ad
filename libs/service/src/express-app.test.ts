import { gzipSync } from 'node:zlib';
import type { AuditEvent } from '@swfx/audit';
import { createSilentLogger } from '@swfx/logging';
import { createMetrics } from '@swfx/metrics';
import express, { type Request } from 'express';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { addAdminRoute } from './admin-route';
import { answerProblems, createExpressApp, parseBody } from './express-app';
import { startHttpServer, type HttpServer } from './http-server';
import { serviceMetrics } from './shared-metrics';

const logger = createSilentLogger();
const accesses: AuditEvent[] = [];
let http: HttpServer;

beforeAll(async () => {
  const metrics = createMetrics({
    service: 'test',
    version: '0',
    environment: 'test',
    names: serviceMetrics,
    registry: new Registry(),
  });
  const app = createExpressApp({ metrics, access: logger });
  const body = express.json({ limit: '100b' });
  app.post('/things/:id', body, (request, response) => void response.json(request.body));
  addAdminRoute(
    app,
    {
      authenticate: () =>
        Promise.resolve({ outcome: 'accepted', caller: { subject: 'user:1', scopes: ['admin'] } }),
      audit: { record: (event) => Promise.resolve(void accesses.push(event)) },
    },
    {
      method: 'post',
      path: '/admin/things',
      scope: 'admin',
      before: body,
      handle: (request) => Promise.resolve({ status: 201, body: request.body as unknown }),
    },
  );
  answerProblems(app, logger);
  http = await startHttpServer({ handler: app, host: '127.0.0.1', port: 0 });
});
afterAll(() => http.stop());

async function post(path: string, body: string | Buffer, headers: Record<string, string> = {}) {
  const answer = await fetch(`http://127.0.0.1:${http.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  return { status: answer.status, body: (await answer.json()) as { code?: string } };
}

const unreadable: [string, string, string | Buffer, Record<string, string>][] = [
  ['a body that is not compressed as it says', '/things/1', 'plain', { 'content-encoding': 'gzip' }],
  [
    'a compressed body that is cut off',
    '/things/1',
    gzipSync('{"a":1}').subarray(0, 15),
    { 'content-encoding': 'gzip' },
  ],
  ['a coding that is not known', '/things/1', '{}', { 'content-encoding': 'x' }],
  ['a path that is no UTF-8', '/things/%FF', '{}', {}],
  ['half a JSON text', '/things/1', '{"a":', {}],
];

describe('an Express app of ours', () => {
  it.each(unreadable)('blames the client, and not itself, for %s', async (_what, path, body, headers) => {
    expect(await post(path, body, headers)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  it('repeats nothing of a body that is not JSON: passwords are sent in some', async () => {
    for (const body of ['hunter2', '{"password": hunter2}', '{"password":"hunter2",}']) {
      const answer = await post('/things/1', body);
      expect(answer.status).toBe(400);
      expect(JSON.stringify(answer.body)).not.toContain('hunter');
    }
  });

  it('says that a body is too large, also where it was small before it was unpacked', async () => {
    const long = `"${'a'.repeat(200)}"`;
    for (const [body, headers] of [
      [long, {}],
      [gzipSync(long), { 'content-encoding': 'gzip' }],
    ] as const)
      expect(await post('/things/1', body, headers)).toMatchObject({
        status: 413,
        body: { code: 'payload_too_large' },
      });
  });

  it('audits each use of an administrators’ route, also one whose body cannot be read', async () => {
    expect((await post('/admin/things', '{"a":1}')).status).toBe(201);
    expect((await post('/admin/things', '{"a":')).status).toBe(400);
    expect((await post('/admin/things', `"${'a'.repeat(200)}"`)).status).toBe(413);
    const outcomes = accesses.map(({ action, actor, outcome, fields }) => [action, actor, outcome, fields]);
    const fields = { method: 'POST', endpoint: '/admin/things' };
    expect(outcomes).toEqual([
      ['admin_endpoint_accessed', 'user:1', 'success', { ...fields, status: 201 }],
      ['admin_endpoint_accessed', 'user:1', 'failure', { ...fields, status: 400 }],
      ['admin_endpoint_accessed', 'user:1', 'failure', { ...fields, status: 413 }],
    ]);
  });
});

describe('parseBody', () => {
  it.each([
    [{ labels: { 'a/b~c': 1 } }, '/labels/a~1b~0c'],
    ['text', ''],
  ])('points at what is wrong in %j', (body, pointer) => {
    const schema = z.object({ labels: z.record(z.string(), z.string()) });
    expect(() => parseBody(schema, { body } as Request)).toThrow(
      expect.objectContaining({ code: 'invalid_request', fields: { pointer } }),
    );
  });
});
