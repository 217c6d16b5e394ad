import { hopByHopNames } from './hop-by-hop';

/** What tells of the software behind us, and names that only the gateway may use towards a client. */
const withheld = new Set(['server', 'x-powered-by', 'x-request-id']);

/** Raw header pairs for the client from the raw pairs of the upstream: what is about the connection behind us stays there. */
export function headersForClient(status: number, rawHeaders: readonly string[]): string[] {
  const hopByHop = hopByHopNames(rawHeaders);
  const headers: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase();
    if (hopByHop.has(name) || withheld.has(name) || name.startsWith('x-auth-')) continue;
    // RFC 9110 §8.6: an answer without content by definition has no length either.
    if (status === 204 && name === 'content-length') continue;
    headers.push(rawHeaders[at] as string, rawHeaders[at + 1] as string);
  }
  return headers;
}
