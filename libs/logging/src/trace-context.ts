import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** What ties the log lines, audit records and calls of one request or task together (W3C Trace Context). */
export interface TraceContext {
  /** 32 hexadecimal digits; the correlation id of audit records. */
  traceId: string;
  /** 16 hexadecimal digits: this hop. */
  spanId: string;
  requestId: string;
}

const storage = new AsyncLocalStorage<TraceContext>();
const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const wellFormedRequestId = /^[A-Za-z0-9._:-]{1,128}$/;

/** The context of the work in hand, if it has one. */
export function currentTrace(): TraceContext | undefined {
  return storage.getStore();
}

/** Runs a function, and everything it awaits, under a context. */
export function withTrace<T>(context: TraceContext, work: () => T): T {
  return storage.run(context, work);
}

/** A context for a request: continues a valid `traceparent`, keeps a well-formed `X-Request-ID`, replaces the rest. */
export function traceOf(
  headers: { traceparent?: string | undefined; requestId?: string | undefined } = {},
): TraceContext {
  const parent = traceparent.exec(headers.traceparent ?? '');
  const known = parent?.[1] !== undefined && !/^0+$/.test(parent[1]) && !/^0+$/.test(parent[2] ?? '');
  const traceId = known ? (parent[1] as string) : randomBytes(16).toString('hex');
  const requestId =
    headers.requestId && wellFormedRequestId.test(headers.requestId) ? headers.requestId : traceId;
  return { traceId, spanId: randomBytes(8).toString('hex'), requestId };
}

/** The header that hands a context on to the next hop. */
export function traceparentOf(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-01`;
}
