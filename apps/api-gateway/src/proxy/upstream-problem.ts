import { AppError } from '@swfx/errors';

const timeoutCodes = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);

/** What a client may know of a failed exchange with an upstream: that it failed, never where the upstream is. */
export function upstreamProblem(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && timeoutCodes.has(code)) return upstreamTimeout(error);
  return new AppError('upstream_unavailable', 'the service behind the gateway gave no usable answer', {
    cause: error,
  });
}

export function upstreamTimeout(cause?: unknown): AppError {
  return new AppError('upstream_timeout', 'the service behind the gateway did not answer in time', { cause });
}
