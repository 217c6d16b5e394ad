/**
 * An edge gateway has nothing to sign with: what concerns sessions and users it hands to the issuer as it came, the
 * caller's own token included, and says where it came from.
 */
import { errorMessage } from '@swfx/errors';
import { currentTrace, traceparentOf, type Logger } from '@swfx/logging';
import type { RequestHandler } from 'express';
import { Pool } from 'undici';
import type { ClientAddress } from '../auth/client-address';
import { forward } from './forward';
import { headersForIssuer } from './request-headers';
import { hasBody } from './request-body';

/** Bodies of these routes are small. */
const bodyMaxBytes = 65_536;
const deadlineMs = 20_000;
const connectTimeoutMs = 3_000;

export interface IssuerForwarder {
  handler: RequestHandler;
  stop(): Promise<void>;
}

export function createIssuerForwarder(options: {
  url: string;
  clientAddress: ClientAddress;
  logger: Logger;
  /** Who it leads to, for the log; the issuer if not given. */
  name?: string;
  /** From the head of a request to the last byte of its answer. */
  deadlineMs?: number;
}): IssuerForwarder {
  const pool = new Pool(options.url, {
    connections: 32,
    connect: { timeout: connectTimeoutMs },
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  return {
    handler(request, response) {
      const trace = currentTrace();
      forward({
        request,
        response,
        pool,
        target: request.originalUrl,
        headers: headersForIssuer(request.rawHeaders, {
          requestId: trace?.requestId ?? '',
          traceparent: trace ? traceparentOf(trace) : '',
          clientAddress: options.clientAddress(request),
          host: request.headers.host ?? '',
          hasBody: hasBody(request),
        }),
        bodyMaxBytes,
        deadlineMs: options.deadlineMs ?? deadlineMs,
        onFailure: (problem) =>
          options.logger.warn(`${options.name ?? 'The issuer'} did not answer`, {
            error: errorMessage(problem.cause ?? problem),
          }),
      });
    },
    stop: () => pool.destroy(),
  };
}
