import { createHash } from 'node:crypto';
import { AppError } from '@swfx/errors';
import { publishedJwks } from '@swfx/signing-keys';
import type { RequestHandler } from 'express';
import type { KeyMirror } from './key-mirror';

/** `GET /.well-known/jwks.json`: the keys that verify, with a strong ETag over them (RFC 7517 §8.5.1 names the media type). */
export function jwksRoute(mirror: Pick<KeyMirror, 'keySet'>, maxAgeSeconds: number): RequestHandler {
  return (_request, response) => {
    const keySet = mirror.keySet();
    if (!keySet) throw new AppError('keys_unavailable', 'there is no key set yet', { retryAfterSeconds: 5 });
    const body = JSON.stringify(publishedJwks(keySet));
    response.setHeader('cache-control', `public, max-age=${maxAgeSeconds}`);
    response.setHeader('etag', `"${createHash('sha256').update(body).digest('base64url')}"`);
    response.type('application/jwk-set+json').send(body);
  };
}
