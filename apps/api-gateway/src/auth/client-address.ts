/**
 * Where a request comes from. Whoever sends a request can write any X-Forwarded-For, so the header is looked at only
 * where a proxy that we trust sent it, and from its end: each proxy adds the address that it saw, and the last one
 * that none of ours has is the client's.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

export interface RequestOrigin {
  /** The client's address, then that of each proxy of ours on the way; empty when its connection is gone already. */
  path: string[];
  /** How the client spoke: to us, or to the proxy of ours that says so. */
  protocol: 'http' | 'https';
}

export type OriginOf = (request: IncomingMessage) => RequestOrigin;

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

export function createOriginOf(trusted: BlockList): OriginOf {
  const isTrusted = (address: string) => trusted.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
  return (request) => {
    const peer = plain(request.socket.remoteAddress ?? '');
    const forwarded = listOf(request.headers['x-forwarded-for']);
    const hops = [...forwarded.map(plain), peer];
    const path: string[] = [];
    while (hops.length > 0 && isIP(hops.at(-1) as string)) {
      path.unshift(hops.pop() as string);
      if (!isTrusted(path[0] as string)) break;
    }
    const said = isIP(peer) && isTrusted(peer) ? request.headers['x-forwarded-proto'] : undefined;
    return { path, protocol: said === 'https' || said === 'http' ? said : protocolOf(request) };
  };
}

export function createClientAddress(originOf: OriginOf): ClientAddress {
  return (request) => originOf(request).path[0] ?? '';
}

function listOf(header: string | string[] | undefined): string[] {
  const text = [header ?? []].flat().join(',');
  return text.split(',').map((member) => member.trim());
}

function protocolOf({ socket }: IncomingMessage): 'http' | 'https' {
  return 'encrypted' in socket ? 'https' : 'http';
}

function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '');
}
