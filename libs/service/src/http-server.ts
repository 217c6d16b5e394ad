import { createServer, STATUS_CODES, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { AppError, errorMessage, problemFrom } from '@swfx/errors';

export interface HttpServer {
  /** The port that is listened on; the one chosen by the system when 0 was asked for. */
  port: number;
  server: Server;
  /** Takes no new connection, lets requests in flight finish within `graceMs`, then ends what is left. */
  stop(graceMs?: number): Promise<void>;
}

/** Listens, or says in one sentence why it cannot. Slow and oversized heads are cut off by Node's own limits. */
export async function startHttpServer(options: {
  handler: RequestListener;
  host: string;
  port: number;
}): Promise<HttpServer> {
  const server = createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 20_000, requestTimeout: 120_000 },
    options.handler,
  );
  server.on('clientError', refuseUnreadable);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, () => {
      server.off('error', reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw new AppError(
      'port_unavailable',
      `cannot listen on ${options.host}:${options.port}: ${listenProblem(error)}`,
      { cause: error },
    );
  });
  return {
    port: (server.address() as AddressInfo).port,
    server,
    stop: (graceMs = 10_000) => stopServer(server, graceMs),
  };
}

/**
 * What is not HTTP never reaches the handler; it is answered in the form of every other refusal all the same. What came
 * too slowly is no fault of its form: 408 tells the client that it may try again.
 */
function refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const isLate = error.code === 'ERR_HTTP_REQUEST_TIMEOUT';
  const detail = isLate ? 'the request did not arrive in time' : 'the request is not well-formed HTTP';
  const problem = problemFrom(new AppError('invalid_request', detail));
  const status = isLate ? 408 : error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400;
  const body = JSON.stringify({ ...problem, status });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

function listenProblem(error: unknown): string {
  const { code } = error as { code?: string };
  if (code === 'EADDRINUSE') return 'another process has the port';
  if (code === 'EACCES') return 'this user may not use the port';
  return errorMessage(error);
}

function stopServer(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
    // A connection that turns idle while the server closes would otherwise stay until its keep-alive ends.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    server.once('close', () => clearInterval(sweep));
  });
}
