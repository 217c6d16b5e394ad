import type { IncomingMessage, ServerResponse } from 'node:http';
import { currentTrace, type Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * Counts, times and logs one request when its answer has ended. `endpoint` is read then: the route template, or
 * `unmatched`, never a raw path. The access line leaves the query out, since people put secrets there.
 */
export function observeHttp(
  request: IncomingMessage,
  response: ServerResponse,
  options: { metrics: Metrics; access: Logger; endpoint: () => string },
): void {
  const startedAt = process.hrtime.bigint();
  // An event is heard in the context of whoever emits it, which for a connection's end is no request's.
  const requestId = currentTrace()?.requestId ?? '-';
  response.once('close', () => {
    const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
    const method = methods.has(request.method ?? '') ? (request.method as string) : 'OTHER';
    // A client that left before the answer began has no status of ours: 499, as nginx writes it.
    const status = response.headersSent ? response.statusCode : 499;
    const endpoint = options.endpoint();
    options.metrics.increment('http_requests_total', { method, endpoint, status: String(status) });
    options.metrics.observe('http_request_duration_seconds', seconds, { method, endpoint });
    options.access.info(
      accessLine(request, { status, seconds, requestId, bytes: response.getHeader('content-length') }),
    );
  });
}

function accessLine(
  request: IncomingMessage,
  answer: { status: number; seconds: number; requestId: string; bytes: unknown },
): string {
  const path = printable(request.url?.split('?')[0] ?? '-');
  const address = request.socket.remoteAddress ?? '-';
  const agent = printable(request.headers['user-agent'] ?? '-');
  const bytes = typeof answer.bytes === 'number' || typeof answer.bytes === 'string' ? answer.bytes : '-';
  return `${new Date().toISOString()} ${address} "${request.method} ${path} HTTP/${request.httpVersion}" ${answer.status} ${bytes} ${answer.seconds.toFixed(4)} "${agent}" ${answer.requestId}`;
}

/** One line stays one line, and a quote does not end a field early. */
function printable(text: string): string {
  return text.slice(0, 500).replace(/[^\x20-\x7e]|["\\]/g, '?');
}
