import { AppError } from './app-error';
import { errorCatalogue, type ErrorCode, type ErrorKind } from './catalogue';

/** An RFC 9457 problem document. `code` is the stable name that clients match on. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code: ErrorCode;
  [member: string]: unknown;
}

const statusOfKind: Record<ErrorKind, number> = {
  'invalid-input': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-many-requests': 429,
  unavailable: 503,
  failed: 500,
};

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  payload_too_large: 413,
  unsupported_transfer_coding: 501,
  request_timeout: 408,
  upstream_unavailable: 502,
  upstream_timeout: 504,
};

/** The HTTP status of an error code. */
export function statusOf(code: ErrorCode): number {
  return statusOfCode[code] ?? statusOfKind[errorCatalogue[code].kind];
}

/** Turns whatever was thrown into the problem document that a client may see; an unknown error tells nothing of itself. */
export function problemFrom(error: unknown): Problem {
  if (!(error instanceof AppError)) return problemOf('internal_error');
  return problemOf(error.code, error.message, error.fields);
}

function problemOf(code: ErrorCode, detail?: string, fields: Record<string, unknown> = {}): Problem {
  const problem: Problem = {
    type: `urn:smartwalletfx:problem:${code}`,
    title: errorCatalogue[code].title,
    status: statusOf(code),
    code,
    ...fields,
  };
  if (detail !== undefined) problem.detail = detail;
  return problem;
}
