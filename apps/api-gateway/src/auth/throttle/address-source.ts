import { isIPv6 } from 'node:net';

/**
 * What counts as one source of requests: an IPv4 address, or the /64 network of an IPv6 one, of which a single
 * household has 2^64. An IPv4 address that is written as IPv6 is the IPv4 address.
 */
export function sourceOf(address: string): string {
  if (address === '') return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  return isIPv6(address) ? `${firstGroups(address).join(':')}::/64` : address;
}

function firstGroups(address: string): string[] {
  const [head = '', tail] = (address.split('%')[0] as string).toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const gap = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(Math.max(0, gap)).fill('0'), ...after];
  return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16));
}
