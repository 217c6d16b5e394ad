import type { IncomingMessage } from 'node:http';
import { Transform, type Readable } from 'node:stream';
import { AppError } from '@swfx/errors';

/** Whether a request carries a body (RFC 9112 §6.3): it says a length, or that it is chunked. */
export function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || declaredLength(request) > 0;
}

/** The error for a body that already says it is too large. */
export function bodyProblem(request: IncomingMessage, limitBytes: number): AppError | undefined {
  return declaredLength(request) > limitBytes ? tooLarge(limitBytes) : undefined;
}

/** The body as it comes, which fails with `payload_too_large` at the first byte beyond the limit: a length that is said may lie. */
export function limitedBody(request: IncomingMessage, limitBytes: number): Readable {
  let seenBytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seenBytes += chunk.length;
      if (seenBytes > limitBytes) done(tooLarge(limitBytes));
      else done(null, chunk);
    },
  });
  // Whoever reads the body hears of its failure; it must not end the process after they stopped listening.
  counter.on('error', () => undefined);
  return request.pipe(counter);
}

const lingerMs = 5_000;

/**
 * Reads and forgets what a client still sends after it has been answered, for five seconds, then cuts the connection.
 * Cut at once, it would often lose the answer together with the connection.
 */
export function discardBody(request: IncomingMessage): void {
  if (request.complete || request.destroyed) return;
  const { socket } = request;
  const cut = setTimeout(() => socket.destroy(), lingerMs);
  const finish = () => {
    clearTimeout(cut);
    socket.off('close', finish);
  };
  // An answered request hears no more of its connection, so the connection itself is listened to.
  request.once('end', finish);
  socket.once('close', finish);
  request.unpipe();
  request.resume();
}

function declaredLength(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0);
}

function tooLarge(limitBytes: number): AppError {
  return new AppError('payload_too_large', `the request body is larger than ${limitBytes} bytes`);
}
