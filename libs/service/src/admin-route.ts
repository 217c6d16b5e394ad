/**
 * A route for administrators: it needs a scope, and whoever uses it, or tries to with a token that holds but has not
 * the scope, is in the audit trail before they are answered. Requests without a good token are not: anyone could
 * fill the trail with them; they are counted as refused tokens are.
 */
import { randomUUID } from 'node:crypto';
import type { AuditTrail } from '@swfx/audit';
import { problemFrom, type AppError } from '@swfx/errors';
import type { Express, Request, RequestHandler, Response } from 'express';
import { namedProblem } from './express-app';

/** Who calls an administrators' route. */
export interface AdminCaller {
  /** A pseudonymous id, such as `user:<uuid>`: the actor of what they do. */
  subject: string;
  scopes: readonly string[];
}

/** Makes a caller of a request with a good token that has the scope, or says how to refuse it. */
export type AuthenticateAdmin = (
  request: Request,
  scope: string,
) => Promise<
  | { outcome: 'accepted'; caller: AdminCaller }
  /** With the caller where the token holds, and only its scopes do not. */
  | {
      outcome: 'refused';
      refusal: { error: AppError; headers: Record<string, string> };
      caller?: AdminCaller;
    }
>;

/** What a route answers: a status, and a body that becomes JSON, or one that is written bit by bit as it comes to be. */
export type AdminAnswer =
  { status: number; body: unknown } | { status: number; stream(response: Response): Promise<void> };

/** One route: which scope it needs, what runs before it (a body parser), and what it does. */
export interface AdminRoute {
  method: 'get' | 'post' | 'put';
  path: string;
  scope: string;
  before?: RequestHandler;
  handle(request: Request, caller: AdminCaller): Promise<AdminAnswer>;
}

/** What every administrators' route stands on. */
export interface AdminRouteOptions {
  authenticate: AuthenticateAdmin;
  audit: Pick<AuditTrail, 'record'>;
}

/** Adds the route to an app, behind its scope and the audit trail. Problems are left to the app's own handler. */
export function addAdminRoute(app: Express, options: AdminRouteOptions, route: AdminRoute): void {
  app[route.method](route.path, async (request: Request, response: Response) => {
    const caller = await admit(request, response, { ...options, route });
    const answer = await answerOf(request, response, { route, caller }).catch(async (error: unknown) => {
      const { status } = problemFrom(namedProblem(error));
      await recordAccess(options.audit, route, { caller, status });
      throw error;
    });
    await recordAccess(options.audit, route, { caller, status: answer.status });
    response.setHeader('cache-control', 'no-store');
    response.status(answer.status);
    if ('stream' in answer) await answer.stream(response);
    else response.json(answer.body);
  });
}

/** A body that cannot be read is a use of the route like any other. */
async function answerOf(
  request: Request,
  response: Response,
  { route, caller }: { route: AdminRoute; caller: AdminCaller },
): Promise<AdminAnswer> {
  const { before } = route;
  if (before)
    await new Promise<void>((resolve, reject) => {
      void before(request, response, (error?: unknown) => {
        if (error === undefined) resolve();
        else reject(error instanceof Error ? error : new Error('the body cannot be read'));
      });
    });
  return route.handle(request, caller);
}

async function admit(
  request: Request,
  response: Response,
  { authenticate, audit, route }: AdminRouteOptions & { route: AdminRoute },
): Promise<AdminCaller> {
  const result = await authenticate(request, route.scope);
  if (result.outcome === 'accepted') return result.caller;
  if (result.caller) await recordAccess(audit, route, { caller: result.caller, status: 403 });
  response.set(result.refusal.headers);
  throw result.refusal.error;
}

async function recordAccess(
  audit: Pick<AuditTrail, 'record'>,
  { method, path }: AdminRoute,
  { caller, status }: { caller: AdminCaller; status: number },
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
