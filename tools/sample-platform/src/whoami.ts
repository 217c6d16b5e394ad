import type { RequestHandler } from 'express';

/** `GET /api/whoami`: the caller as the gateway describes it in headers; null or empty without a gateway. */
export const whoami: RequestHandler = (request, response) => {
  response.json({
    subject: request.get('x-auth-subject') ?? null,
    scopes: (request.get('x-auth-scopes') ?? '').split(' ').filter(Boolean),
    requestId: request.get('x-request-id') ?? null,
    traceparent: request.get('traceparent') ?? null,
  });
};
