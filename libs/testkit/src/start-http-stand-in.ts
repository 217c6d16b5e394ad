import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from './wait-until';

/** What the stand-in was sent; `json()` parses the body. */
export type RecordedRequest = {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  json: () => unknown;
};

/** What it answers. An object as `body` is sent as JSON. `hang-up` breaks the connection without an answer. */
export type StandInAnswer =
  { status?: number; headers?: Record<string, string>; body?: string | object } | 'hang-up';

export type HttpStandIn = {
  url: string;
  port: number;
  /** Every request so far, in the order in which they arrived in full. */
  requests: RecordedRequest[];
  /** Resolves with the requests once there are at least `count`. */
  received: (count: number) => Promise<RecordedRequest[]>;
  /** Ends it, also under requests that are still being answered. */
  stop: () => Promise<void>;
};

/**
 * A real HTTP server on 127.0.0.1 in the place of a third party (Slack, an upstream). It records each request and
 * answers as `handler` says (default 200 `ok`); a handler that never resolves makes the third party hang.
 */
export async function startHttpStandIn(
  handler: (request: RecordedRequest) => StandInAnswer | Promise<StandInAnswer> = () => ({ body: 'ok' }),
): Promise<HttpStandIn> {
  const requests: RecordedRequest[] = [];
  const server = createServer((request, response) => {
    const recorded = record(request).then((complete) => {
      requests.push(complete);
      return handler(complete);
    });
    recorded.then((reply) => answer(response, reply)).catch(() => response.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  const received = (count: number): Promise<RecordedRequest[]> =>
    waitUntil(() => requests.length >= count && requests, { describe: `${count} requests have arrived` });
  return { url: `http://127.0.0.1:${port}`, port, requests, received, stop };
}

async function record(request: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const { method = '', url: path = '', headers } = request;
  return { method, path, headers, body, json: () => JSON.parse(body) as unknown };
}

function answer(response: ServerResponse, reply: StandInAnswer): void {
  if (reply === 'hang-up') return void response.destroy();
  const { status = 200, headers = {}, body = '' } = reply;
  const isText = typeof body === 'string';
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}
