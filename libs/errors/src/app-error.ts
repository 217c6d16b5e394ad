import { types } from 'node:util';
import { errorCatalogue, type ErrorCode, type ErrorEntry } from './catalogue';

export interface AppErrorOptions {
  cause?: unknown;
  /** Further members for a problem document: plain data, never secrets. */
  fields?: Record<string, unknown>;
  /** How long a client should wait before it tries again, in whole seconds. */
  retryAfterSeconds?: number;
}

/** An error that a person or a program is meant to understand: a stable code, and a sentence for this occurrence. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly fields: Record<string, unknown>;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.fields = options.fields ?? {};
    this.retryAfterSeconds = options.retryAfterSeconds;
  }

  /** The catalogue's entry for this code. */
  get entry(): ErrorEntry {
    return errorCatalogue[this.code];
  }
}

/** The message of anything that was thrown, on one line: what logs, audit records and alerts carry. */
export function errorMessage(error: unknown): string {
  return firstMessage(error).replace(/\s+/g, ' ').trim();
}

function firstMessage(error: unknown): string {
  if (!types.isNativeError(error)) return String(error);
  const { errors } = error as { errors?: unknown };
  // Node reports a refused connection to "localhost" as an AggregateError with an empty message.
  if (error.message === '' && Array.isArray(errors)) return firstMessage(errors[0]);
  return error.message || error.name;
}
