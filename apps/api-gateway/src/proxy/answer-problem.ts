import type { ServerResponse } from 'node:http';
import { AppError, problemFrom } from '@swfx/errors';

/** Answers with problem+json (RFC 9457) on a plain response, as Express's last middleware does in the control plane. */
export function answerProblem(
  response: ServerResponse,
  error: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const problem = problemFrom(error);
  const body = Buffer.from(JSON.stringify(problem));
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (error instanceof AppError && error.retryAfterSeconds !== undefined)
    response.setHeader('retry-after', String(error.retryAfterSeconds));
  response.setHeader('content-type', 'application/problem+json');
  response.setHeader('content-length', String(body.length));
  response.statusCode = problem.status;
  response.end(body);
}
