import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { createClientAddress, readNetworks } from './client-address';

const trusted = readNetworks('10.0.0.0/8, ::1') as BlockList;
const addressOf = (peer: string, forwarded?: string) =>
  createClientAddress(trusted)({
    socket: { remoteAddress: peer },
    headers: { 'x-forwarded-for': forwarded },
  } as unknown as IncomingMessage);

test.each([
  ['a stranger’s header is not looked at', '192.0.2.1', '203.0.113.9', '192.0.2.1'],
  ['the address that our proxy saw is the client’s', '10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['what the client wrote before it is not', '10.0.0.1', '127.0.0.1, 203.0.113.9', '203.0.113.9'],
  ['a chain of our proxies is followed', '10.0.0.1', '203.0.113.9, 10.2.3.4', '203.0.113.9'],
  ['nonsense ends the chain', '10.0.0.1', 'x, 10.2.3.4', '10.2.3.4'],
  ['our proxy itself is its own client', '10.0.0.1', undefined, '10.0.0.1'],
  ['an IPv4 peer may be written as IPv6', '::ffff:10.0.0.1', '203.0.113.9', '203.0.113.9'],
  ['IPv6 proxies are known too', '::1', '2001:db8::5', '2001:db8::5'],
])('%s', (_sentence, peer, forwarded, client) => {
  expect(addressOf(peer, forwarded)).toBe(client);
});

test.each(['x', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.1/8/8'])(
  'says that %s is no network',
  (entry) => {
    expect(readNetworks(`10.0.0.1, ${entry}`)).toBe(entry);
  },
);
