import { createHash, timingSafeEqual } from 'node:crypto';
import type { Secret } from '@swfx/config';
import { AppError } from '@swfx/errors';
import type { RequestHandler } from 'express';

/**
 * Lets a request pass that shows the bearer token (RFC 6750); how long the answer takes tells nothing of the token. It is
 * asked for at each request, since it may be replaced while the service runs.
 */
export function requireToken(token: Secret): RequestHandler {
  return (request, response, next) => {
    const given = /^Bearer ([^\s]+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given !== undefined && timingSafeEqual(digest(given), digest(token.reveal()))) return next();
    const challenge = given === undefined ? '' : ', error="invalid_token"';
    response.setHeader('www-authenticate', `Bearer realm="alerts"${challenge}`);
    throw new AppError('intake_token_refused', 'the bearer token is missing or is not the intake’s');
  };
}

/** Digests have one length, which the comparison needs and the token's own would give away. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
