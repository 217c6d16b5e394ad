/**
 * The way through: a request whose path a route claims is authenticated, given the headers that say who calls, and
 * forwarded. It is a plain handler in front of Express, because most requests are these. Whatever no route claims
 * goes on to the control plane, under the path that was looked at here.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { AppError, errorMessage } from '@swfx/errors';
import { traceOf, traceparentOf, withTrace, type Logger, type TraceContext } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import { observeHttp } from '@swfx/service';
import type { Authenticate, Caller } from '../auth/authenticate';
import type { OriginOf, RequestOrigin } from '../auth/client-address';
import { answerProblem } from './answer-problem';
import { forward } from './forward';
import { discardBody, hasBody } from './request-body';
import { framingProblem } from './request-framing';
import { headersForUpstream } from './request-headers';
import { parseRequestTarget } from './request-target';
import { scopeNeeded, type Route, type RouteTable } from './route-table';
import type { UpstreamPools } from './upstream-pools';

export interface DataPlaneOptions {
  routes: RouteTable;
  pools: UpstreamPools;
  authenticate: Authenticate;
  originOf: OriginOf;
  bodyMaxBytes: number;
  deadlineMs: number;
  metrics: Metrics;
  access: Logger;
  logger: Logger;
  controlPlane: RequestListener;
}

export function createDataPlane(options: DataPlaneOptions): RequestListener {
  return (request, response) => {
    const target = readTarget(request);
    const pair = { request, response };
    if (target instanceof AppError)
      // Where one request ends and the next begins is not certain any more, so this one is the last.
      return observed(options, pair, 'unmatched', async () => refuse(pair, target, { connection: 'close' }));
    request.url = target.path + target.query;
    const route = options.routes.match(target.path);
    if (route)
      return observed(options, pair, `${route.prefix}/*`, (trace) =>
        serve(options, { ...pair, route, trace }),
      );
    acceptBody(request, response);
    options.controlPlane(request, response);
  };
}

function readTarget(request: IncomingMessage): { path: string; query: string } | AppError {
  const target = parseRequestTarget(request.url ?? '');
  if (target.outcome === 'refused') return new AppError('invalid_request', target.reason);
  return framingProblem(request) ?? target;
}

interface Pair {
  request: IncomingMessage;
  response: ServerResponse;
}

/** Runs work under the request's trace, and counts and logs the request when its answer has ended. */
function observed(
  options: DataPlaneOptions,
  pair: Pair,
  endpoint: string,
  work: (trace: TraceContext) => Promise<void>,
): void {
  const { request, response } = pair;
  const { traceparent, 'x-request-id': requestId } = request.headers;
  const trace = traceOf({ traceparent: first(traceparent), requestId: first(requestId) });
  response.setHeader('x-request-id', trace.requestId);
  withTrace(trace, () => {
    observeHttp(request, response, { ...options, endpoint: () => endpoint });
    work(trace).catch((error: unknown) => {
      options.logger.error('A request failed', { endpoint, error: errorMessage(error), cause: error });
      if (response.headersSent) response.destroy();
      else refuse(pair, error);
    });
  });
}

interface Passage extends Pair {
  route: Route;
  trace: TraceContext;
}

async function serve(options: DataPlaneOptions, passage: Passage): Promise<void> {
  const { request, response, route } = passage;
  const result = await options.authenticate(request, scopeNeeded(route, request.method ?? ''));
  if (response.destroyed) return;
  if (result.outcome === 'refused') return refuse(passage, result.refusal.error, result.refusal.headers);
  acceptBody(request, response);
  forward({
    request,
    response,
    pool: options.pools.poolOf(route),
    target: request.url ?? '/',
    headers: upstreamHeaders(passage, result.caller, options.originOf(request)),
    bodyMaxBytes: options.bodyMaxBytes,
    deadlineMs: options.deadlineMs,
    onFailure: (problem) => logFailure(options.logger, route, problem),
  });
}

function upstreamHeaders({ request, trace }: Passage, caller: Caller, origin: RequestOrigin): string[] {
  return headersForUpstream(request.rawHeaders, {
    ...caller,
    ...origin,
    requestId: trace.requestId,
    traceparent: traceparentOf(trace),
    continuesTrace: first(request.headers.traceparent)?.includes(trace.traceId) ?? false,
    host: request.headers.host ?? '',
    hasBody: hasBody(request),
  });
}

/** A client that asked whether it may send its body (RFC 9110 §10.1.1) is told yes once its request is let through. */
function acceptBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect !== undefined && request.httpVersion === '1.1') response.writeContinue();
}

function refuse({ request, response }: Pair, error: unknown, headers: Record<string, string> = {}): void {
  answerProblem(response, error, headers);
  discardBody(request);
}

function logFailure(logger: Logger, { prefix }: Route, problem: AppError): void {
  const byClient = problem.code === 'payload_too_large' || problem.code === 'request_timeout';
  logger.log(byClient ? 'info' : 'warn', 'A request was not answered by its upstream', {
    route: prefix,
    code: problem.code,
    error: errorMessage(problem.cause ?? problem),
  });
}

function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
