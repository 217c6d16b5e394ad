/**
 * A route for administrators: it needs a scope, and whoever uses it, or tries to with a token that holds but has not
 * the scope, is in the audit trail before they are answered. Requests without a good token are not: anyone could
 * fill the trail with them; they are counted as refused tokens are.
 */
import { randomUUID } from 'node:crypto';
import type { AuditTrail } from '@swfx/audit';
import { problemFrom } from '@swfx/errors';
import type { Express, Request, RequestHandler, Response } from 'express';
import type { Authenticate, Caller } from '../auth/authenticate';

export interface AdminAnswer {
  status: number;
  body: unknown;
}

export interface AdminRoute {
  method: 'get' | 'post' | 'put';
  path: string;
  scope: string;
  before?: RequestHandler;
  handle(request: Request, caller: Caller): Promise<AdminAnswer>;
}

export interface AdminRouteOptions {
  authenticate: Authenticate;
  audit: Pick<AuditTrail, 'record'>;
}

export function addAdminRoute(app: Express, options: AdminRouteOptions, route: AdminRoute): void {
  const handlers: RequestHandler[] = [
    async (request, response, next) => {
      response.locals['caller'] = await admit(request, response, { ...options, route });
      next();
    },
    ...(route.before ? [route.before] : []),
    async (request, response) => {
      const caller = response.locals['caller'] as Caller;
      const answer = await route.handle(request, caller).catch(async (error: unknown) => {
        await recordAccess(options.audit, route, { caller, status: problemFrom(error).status });
        throw error;
      });
      await recordAccess(options.audit, route, { caller, status: answer.status });
      response.setHeader('cache-control', 'no-store');
      response.status(answer.status).json(answer.body);
    },
  ];
  app[route.method](route.path, ...handlers);
}

async function admit(
  request: Request,
  response: Response,
  { authenticate, audit, route }: AdminRouteOptions & { route: AdminRoute },
): Promise<Caller> {
  const result = await authenticate(request, route.scope);
  if (result.outcome === 'accepted') return result.caller;
  if (result.caller) await recordAccess(audit, route, { caller: result.caller, status: 403 });
  response.set(result.refusal.headers);
  throw result.refusal.error;
}

async function recordAccess(
  audit: Pick<AuditTrail, 'record'>,
  { method, path }: AdminRoute,
  { caller, status }: { caller: Caller; status: number },
): Promise<void> {
  await audit.record({
    action: 'admin_endpoint_accessed',
    outcome: status === 403 ? 'denied' : status < 400 ? 'success' : 'failure',
    actor: caller.subject,
    subject: null,
    operationId: randomUUID(),
    fields: { method: method.toUpperCase(), endpoint: path, status },
  });
}
