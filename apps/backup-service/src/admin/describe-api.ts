/**
 * The admin API as OpenAPI 3.1. Bodies are described by the very schemas that read them; a test compares the paths with
 * the routes that are really there.
 */
import { serviceVersion } from '@swfx/service';
import { z } from 'zod';
import { answers } from './answer-schemas';
import { listQuerySchema, startSchema } from './backup-routes';
import { approvalSchema, planSchema } from './restore-routes';
import { scopes } from './scopes';

interface Operation {
  method: 'get' | 'post';
  path: string;
  summary: string;
  scope?: string;
  body?: z.ZodType;
  query?: z.ZodObject;
  /** The answer when all is well: its status, and the name of its schema; a stream of such states where it says so. */
  answer: [status: number, schema?: keyof typeof answers, stream?: 'stream'];
  problems?: number[];
}

const { read, write, restore } = scopes;
const operations: Operation[] = [
  {
    method: 'get',
    path: '/admin/backups',
    summary: 'The backups, newest first, each with its verdict',
    scope: read,
    query: listQuerySchema,
    answer: [200, 'Backups'],
    problems: [400],
  },
  {
    method: 'post',
    path: '/admin/backups',
    summary: 'Takes a backup now; one that is under way is joined',
    scope: write,
    body: startSchema,
    answer: [202, 'Progress'],
    problems: [400],
  },
  {
    method: 'get',
    path: '/admin/backups/{id}',
    summary: 'One backup in full, with its manifest',
    scope: read,
    answer: [200, 'Backup'],
    problems: [404],
  },
  {
    method: 'get',
    path: '/admin/backups/{id}/progress',
    summary: 'Server-sent events with phase, bytes, rate and time left, until it is over',
    scope: read,
    answer: [200, 'Progress', 'stream'],
    problems: [404],
  },
  {
    method: 'post',
    path: '/admin/backups/{id}/cancel',
    summary: 'Ends a backup that waits or is under way; nothing of it is left',
    scope: write,
    answer: [202, 'Progress'],
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/admin/backups/{id}/prove',
    summary: 'Proves a backup now, also one that was proven before',
    scope: write,
    answer: [202, 'Proof'],
    problems: [404, 409],
  },
  {
    method: 'get',
    path: '/admin/restores',
    summary: 'The restores, newest first',
    scope: read,
    answer: [200, 'Restores'],
  },
  {
    method: 'post',
    path: '/admin/restores',
    summary: 'Plans a restore, and answers with the code that approves this plan; nothing is done yet',
    scope: restore,
    body: planSchema,
    answer: [201, 'Plan'],
    problems: [400, 404, 409],
  },
  {
    method: 'get',
    path: '/admin/restores/{id}',
    summary: 'One restore',
    scope: read,
    answer: [200, 'Restore'],
    problems: [404],
  },
  {
    method: 'get',
    path: '/admin/restores/{id}/progress',
    summary: 'Server-sent events with phase, bytes, rate and time left, until what was asked of it is over',
    scope: read,
    answer: [200, 'Restore', 'stream'],
    problems: [404],
  },
  {
    method: 'post',
    path: '/admin/restores/{id}/approve',
    summary: 'Carries out what was planned, as it was shown',
    scope: restore,
    body: approvalSchema,
    answer: [202, 'Restore'],
    problems: [400, 404, 409],
  },
  {
    method: 'post',
    path: '/admin/restores/{id}/undo',
    summary: 'Plans to give the old database back, and answers with the code that approves that',
    scope: restore,
    answer: [201, 'Plan'],
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/admin/restores/{id}/cancel',
    summary: 'Ends a restore whose swap has not begun; nothing of it is left',
    scope: restore,
    answer: [202, 'Restore'],
    problems: [404, 409],
  },
  { method: 'get', path: '/openapi.json', summary: 'This description', answer: [200] },
];

/** The whole document. */
export function describeAdminApi(): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method] = describeOperation(operation);
  const schemas = Object.entries(answers).map(([name, schema]) => [name, toSchema(schema)] as const);
  return {
    openapi: '3.1.0',
    info: { title: 'SmartWalletFX backups', version: serviceVersion },
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function describeOperation({ summary, scope, body, answer, problems = [], ...where }: Operation): object {
  const [status, schema, stream] = answer;
  const type = stream ? 'text/event-stream' : 'application/json';
  const content = schema && { [type]: { schema: { $ref: `#/components/schemas/${schema}` } } };
  const statuses = [...problems, ...(scope ? [401, 403, 429, 503] : [])];
  const parameters = parametersOf(where);
  return {
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: toSchema(body) } } },
    }),
    ...(scope && { security: [{ bearer: [scope] }] }),
    responses: { [status]: { description: 'Done', ...(content && { content }) }, ...problemsOf(statuses) },
  };
}

function parametersOf({ path, query }: Pick<Operation, 'path' | 'query'>): object[] {
  const inPath = path.includes('{id}')
    ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }]
    : [];
  const inQuery = Object.entries(query?.shape ?? {}).map(([name, schema]) => ({
    name,
    in: 'query',
    required: false,
    schema: toSchema(schema as z.ZodType),
  }));
  return [...inPath, ...inQuery];
}

function problemsOf(statuses: readonly number[]): Record<string, object> {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'A problem', content }]));
}

function toSchema(schema: z.ZodType): object {
  return { ...z.toJSONSchema(schema, { io: 'input' }), $schema: undefined };
}
