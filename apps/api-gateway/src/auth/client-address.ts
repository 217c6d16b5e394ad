/**
 * Where a request comes from. Whoever sends a request can write any X-Forwarded-For, so the header is looked at only
 * where a proxy that we trust sent it, and from its end: each proxy adds the address that it saw, and the last one
 * that none of ours has is the client's.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
/** The client's address; empty when its connection is gone already. */
export type ClientAddress = (request: IncomingMessage) => string;

/** Reads addresses and networks such as `10.0.0.0/8, ::1`; the first that is neither, in the error case. */
export function readNetworks(text: string): BlockList | string {
  const list = new BlockList();
  for (const entry of text.split(/[\s,]+/).filter(Boolean)) {
    const [address = '', bits, ...more] = entry.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const longest = family === 'ipv6' ? 128 : 32;
    if (
      !isIP(address) ||
      more.length > 0 ||
      (bits !== undefined && !(/^\d{1,3}$/.test(bits) && Number(bits) <= longest))
    )
      return entry;
    list.addSubnet(address, Number(bits ?? longest), family);
  }
  return list;
}

export function createClientAddress(trusted: BlockList): ClientAddress {
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '');
    const forwarded = [request.headers['x-forwarded-for'] ?? []].flat().join(',');
    const hops = [...forwarded.split(',').map((hop) => plain(hop.trim())), peer];
    let client = peer;
    while (hops.length > 0 && isIP(hops.at(-1) as string)) {
      client = hops.pop() as string;
      if (!isTrusted(client)) break;
    }
    return client;
  };
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
