import type { ErrorRequestHandler, RequestHandler, Response } from 'express';

/** Answers with RFC 9457 `application/problem+json`; `code` is what a program should look at. */
export function sendProblem(response: Response, status: number, code: string, detail: string): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: titles[status] ?? 'Error', status, code, detail }));
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  404: 'Not Found',
  409: 'Conflict',
  413: 'Content Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** The last route: nothing else matched. */
export const unknownRoute: RequestHandler = (request, response) => {
  sendProblem(response, 404, 'route_not_found', `There is no ${request.method} ${request.path} here.`);
};

/** Turns whatever a route threw into a problem; what the caller cannot help is told to `log` once. */
export function createErrorHandler(log: (line: string) => void): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const { status, code, detail } = classifyError(error);
    if (status >= 500) log(`${request.method} ${request.path} failed: ${String(error)}`);
    sendProblem(response, status, code, detail);
  };
}

type Problem = { status: number; code: string; detail: string };

/** Decides by what pg, Node and Express's body parser put on their errors; nothing internal goes to the caller. */
export function classifyError(error: unknown): Problem {
  const { status, code } = (error ?? {}) as { status?: unknown; code?: unknown };
  if (status === 413) return { status, code: 'body_too_large', detail: 'The body is larger than 16 KiB.' };
  if (status === 400) return { status, code: 'malformed_request', detail: 'The request cannot be read.' };
  if (code === '22003')
    return { status: 409, code: 'out_of_range', detail: 'The result is too large a number.' };
  if (code === '57014') return { status: 504, code: 'query_timeout', detail: 'The database took too long.' };
  if (isConnectionError(code, error)) {
    return { status: 503, code: 'database_unavailable', detail: 'The database cannot be reached.' };
  }
  return { status: 500, code: 'internal_error', detail: 'Something went wrong on our side.' };
}

/** Classes 08 (connection), 53 (resources) and 57P (shutdown, start-up) of SQLSTATE; Node's codes; pg's texts. */
function isConnectionError(code: unknown, error: unknown): boolean {
  if (typeof code === 'string') return /^(08|53|57P|ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND)/.test(code);
  return error instanceof Error && /connection (terminated|timeout)|timeout exceeded/i.test(error.message);
}
