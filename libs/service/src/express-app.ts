import { AppError, errorMessage, problemFrom } from '@swfx/errors';
import { traceOf, withTrace, type Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import type { z } from 'zod';
import { observeHttp } from './observe-http';

/** A request's correlation context, metrics and access line; to be the first middleware of an app. */
export function traceAndObserve(options: { metrics: Metrics; access: Logger }): RequestHandler {
  return (request, response, next) => {
    const trace = traceOf({
      traceparent: request.get('traceparent'),
      requestId: request.get('x-request-id'),
    });
    response.setHeader('x-request-id', trace.requestId);
    withTrace(trace, () => {
      observeHttp(request, response, { ...options, endpoint: () => endpointOf(request) });
      next();
    });
  };
}

/** An Express app with nothing but what every HTTP surface of ours has: correlation, metrics, access log. */
export function createExpressApp(options: { metrics: Metrics; access: Logger }): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(traceAndObserve(options));
  return app;
}

/** The last middlewares of an app: an unknown address, and every error, answered as problem+json. */
export function answerProblems(app: Express, logger: Logger): void {
  app.use((request) => {
    throw new AppError('not_found', `there is no ${request.method} ${request.path.slice(0, 200)}`);
  });
  const handler: ErrorRequestHandler = (thrown: unknown, request, response, next) => {
    if (response.headersSent) return next(thrown);
    const error = namedProblem(thrown);
    const problem = problemFrom(error);
    if (problem.status >= 500 && problem.status !== 503) {
      logger.error('A request failed', {
        method: request.method,
        endpoint: endpointOf(request),
        error: errorMessage(error),
        cause: error,
      });
    }
    if (error instanceof AppError && error.retryAfterSeconds !== undefined)
      response.setHeader('retry-after', String(error.retryAfterSeconds));
    response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
  };
  app.use(handler);
}

/** The request's body as a schema reads it, or `invalid_request` that points at what is wrong (RFC 6901). */
export function parseBody<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  const result = schema.safeParse(request.body);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const pointer = (issue?.path ?? []).map((name) => `/${escaped(String(name))}`).join('');
  throw new AppError('invalid_request', `${pointer || 'the body'}: ${issue?.message ?? 'invalid'}`, {
    fields: { pointer },
  });
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

function endpointOf(request: Request): string {
  const route = request.route as { path?: unknown } | undefined;
  return typeof route?.path === 'string' ? `${request.baseUrl}${route.path}` : 'unmatched';
}

/**
 * What Express and its body parsers throw at a request that cannot be read, in our own terms; whatever else it is given
 * as it is. They say themselves whose fault it is, by a status: a client must not be able to make errors of ours.
 */
export function namedProblem(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown };
  if (type === 'entity.too.large')
    return new AppError('payload_too_large', 'the request body is too large', { cause: error });
  // What is wrong with it would be told by a piece of it, which may be of a password.
  if (type === 'entity.parse.failed')
    return new AppError('invalid_request', 'the request body is not JSON', { cause: error });
  if (typeof status !== 'number' || status < 400 || status >= 500) return error;
  return new AppError('invalid_request', `the request cannot be read: ${errorMessage(error)}`, {
    cause: error,
  });
}
