/**
 * The headers that an upstream gets. It believes what the gateway says of a caller, so nothing that a caller sent
 * under those names may arrive: they are taken out first, in every spelling that a framework could fold into them,
 * and set afterwards. The bearer token stays here; an upstream could use it in the caller's name.
 */
import { hopByHopNames } from './hop-by-hop';

/** What the gateway itself says of a request. */
export interface RequestFacts {
  subject: string;
  scopes: readonly string[];
  requestId: string;
  traceparent: string;
  /** Addresses: the client's, then each trusted proxy's on the way here. */
  path: readonly string[];
  protocol: 'http' | 'https';
  host: string;
  /** The names that are not passed on because the request continues no trace: its `tracestate` belongs to none. */
  continuesTrace: boolean;
  hasBody: boolean;
}

/** Ours to say, or of no use to an upstream. `expect` is answered here; `host` and the length are made anew. */
const withheld = new Set([
  'authorization',
  'host',
  'expect',
  'forwarded',
  'x-real-ip',
  'x-request-id',
  'traceparent',
  // Some frameworks take these for the method, the path, the caller or the address: what was authorised is not that.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'remote-user',
  'true-client-ip',
  'cf-connecting-ip',
  'x-client-ip',
  'x-cluster-client-ip',
]);
const withheldPrefixes = ['x-auth-', 'x-forwarded-', 'x-original-', 'x-rewrite-', 'x-remote-'];

/** Raw header pairs for the upstream from the raw pairs of the client and what we know of the request. */
export function headersForUpstream(rawHeaders: readonly string[], facts: RequestFacts): string[] {
  const hopByHop = hopByHopNames(rawHeaders);
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (!mayPass(name, hopByHop, facts)) continue;
    headers.push(name, rawHeaders[at + 1] as string);
  }
  headers.push('x-auth-subject', facts.subject, 'x-auth-scopes', facts.scopes.join(' '));
  headers.push('x-request-id', facts.requestId, 'traceparent', facts.traceparent);
  headers.push('x-forwarded-for', facts.path.join(', '), 'x-forwarded-proto', facts.protocol);
  if (facts.host !== '') headers.push('x-forwarded-host', facts.host);
  return headers;
}

/**
 * Raw header pairs for the issuer: the client's own token passes, since it is the issuer who looks at it. Of the way
 * here it is told the client alone, because it trusts its edges and need not know which proxies they trust.
 */
export function headersForIssuer(
  rawHeaders: readonly string[],
  facts: Pick<RequestFacts, 'requestId' | 'traceparent' | 'host' | 'hasBody'> & { clientAddress: string },
): string[] {
  const hopByHop = hopByHopNames(rawHeaders);
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    const isToken = name.toLowerCase() === 'authorization';
    if (isToken || mayPass(name, hopByHop, { ...facts, continuesTrace: false }))
      headers.push(name, rawHeaders[at + 1] as string);
  }
  headers.push('x-request-id', facts.requestId, 'traceparent', facts.traceparent);
  headers.push('x-forwarded-for', facts.clientAddress);
  if (facts.host !== '') headers.push('x-forwarded-host', facts.host);
  return headers;
}

function mayPass(
  rawName: string,
  hopByHop: Set<string>,
  facts: Pick<RequestFacts, 'hasBody' | 'continuesTrace'>,
): boolean {
  const name = rawName.toLowerCase();
  if (hopByHop.has(name)) return false;
  if (name === 'content-length') return facts.hasBody;
  if (name === 'tracestate') return facts.continuesTrace;
  // CGI-like frameworks read `X_Auth_Subject` as `X-Auth-Subject`.
  const folded = name.replaceAll('_', '-');
  return !withheld.has(folded) && !withheldPrefixes.some((prefix) => folded.startsWith(prefix));
}
