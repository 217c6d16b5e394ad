/**
 * The gateway's API as OpenAPI 3.1: its own addresses, whose bodies are described by the very schemas that read them,
 * and the platform's routes, of which the gateway knows only the prefix and the scopes. A test compares the paths with
 * the routes that are really there.
 */
import { serviceVersion } from '@swfx/service';
import type { z } from 'zod';
import { newUserSchema, rightsSchema } from '../admin/user-routes';
import { credentialsSchema, refreshTokenSchema } from '../auth/auth-routes';
import { usersScope } from '../auth/roles';
import type { Route } from '../proxy/route-table';
import { answerSchemas, toSchema } from './answer-schemas';

interface Operation {
  method: 'get' | 'post' | 'put';
  path: string;
  summary: string;
  /** Needs a token, and this scope where one is named. */
  token?: true | string;
  body?: z.ZodType;
  /** The answer when all is well: its status, and the name of its schema. */
  answer: [status: number, schema?: keyof typeof answerSchemas];
  /** Statuses of the problems that it answers beside those of every address. */
  problems?: number[];
}

const users = { token: usersScope } as const;
const operations: Operation[] = [
  {
    method: 'post',
    path: '/auth/login',
    summary: 'Begins a session: a password becomes an access token and a refresh token',
    body: credentialsSchema,
    answer: [200, 'Tokens'],
    problems: [400, 401, 429],
  },
  {
    method: 'post',
    path: '/auth/refresh',
    summary: 'Exchanges a refresh token, which is good for once, for an access token and its successor',
    body: refreshTokenSchema,
    answer: [200, 'Tokens'],
    problems: [400],
  },
  {
    method: 'post',
    path: '/auth/logout',
    summary: 'Ends the session of a refresh token; an unknown one is no error',
    body: refreshTokenSchema,
    answer: [204],
    problems: [400],
  },
  { method: 'get', path: '/auth/me', summary: 'Who calls', token: true, answer: [200, 'Me'] },
  { method: 'get', path: '/admin/users', summary: 'The users', ...users, answer: [200, 'Users'] },
  {
    method: 'post',
    path: '/admin/users',
    summary: 'Adds a user',
    ...users,
    body: newUserSchema,
    answer: [201, 'NewUser'],
    problems: [400, 409],
  },
  {
    method: 'put',
    path: '/admin/users/{id}/rights',
    summary: 'Gives a user other scopes or roles; their tokens are made anew',
    ...users,
    body: rightsSchema,
    answer: [200, 'User'],
    problems: [400, 404, 409],
  },
  {
    method: 'post',
    path: '/admin/users/{id}/disable',
    summary: 'Ends a user’s sessions and refuses their tokens at every gateway',
    ...users,
    answer: [200, 'User'],
    problems: [404, 409],
  },
  {
    method: 'post',
    path: '/admin/users/{id}/enable',
    summary: 'Lets a disabled user log in again',
    ...users,
    answer: [200, 'User'],
    problems: [404],
  },
  { method: 'get', path: '/.well-known/jwks.json', summary: 'The keys that verify', answer: [200, 'Jwks'] },
  { method: 'get', path: '/openapi.json', summary: 'This description', answer: [200] },
  {
    method: 'get',
    path: '/health',
    summary: 'How the gateway and what it depends on are; never a probe',
    answer: [200, 'Health'],
  },
];

/** The operations of one address, by method, and what they share. */
type PathItem = Record<string, object>;

/** The whole document. */
export function describeApi(routes: readonly Route[]): object {
  const paths: Record<string, PathItem> = {};
  for (const operation of operations)
    (paths[operation.path] ??= {})[operation.method] = describeOperation(operation);
  for (const route of routes) paths[`${route.prefix}/{path}`] = describeRoute(route);
  return {
    openapi: '3.1.0',
    info: { title: 'SmartWalletFX gateway', version: serviceVersion },
    paths,
    components: {
      schemas: answerSchemas,
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

function describeOperation({ path, summary, token, body, answer, problems = [] }: Operation): object {
  const [status, schema] = answer;
  const statuses = [...problems, ...(token ? [401] : []), ...(typeof token === 'string' ? [403] : []), 503];
  const content = schema && { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } };
  return {
    summary,
    ...(path.includes('{') && { parameters: [pathParameter('id', { type: 'string', format: 'uuid' })] }),
    ...(body && {
      requestBody: { required: true, content: { 'application/json': { schema: toSchema(body) } } },
    }),
    ...(token && { security: [{ bearer: typeof token === 'string' ? [token] : [] }] }),
    responses: {
      [status]: { description: 'Done', ...(content && { content }) },
      ...problemAnswers(statuses),
    },
  };
}

/** OpenAPI has no wildcard: `path` stands for the rest of the address, slashes included. */
function describeRoute({ prefix, scopes }: Route): PathItem {
  const describe = (scope: string) => ({
    summary: `Forwarded to the service behind ${prefix}`,
    security: [{ bearer: [scope] }],
    responses: {
      default: { description: 'The service’s answer' },
      ...problemAnswers([401, 403, 502, 503, 504]),
    },
  });
  const reading = describe(scopes.read);
  const writing = describe(scopes.write);
  return {
    ...{ get: reading, head: reading, options: reading },
    ...{ post: writing, put: writing, patch: writing, delete: writing },
    parameters: [pathParameter('path', { type: 'string' })],
  };
}

function pathParameter(name: string, schema: object): object {
  return { name, in: 'path', required: true, schema };
}

function problemAnswers(statuses: number[]): Record<string, object> {
  const content = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return Object.fromEntries(statuses.map((status) => [status, { description: 'A problem', content }]));
}
