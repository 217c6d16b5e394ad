import type { IncomingMessage } from 'node:http';
import type { BlockList } from 'node:net';
import { createClientAddress, createOriginOf, readNetworks } from './client-address';

const trusted = readNetworks('10.0.0.0/8, ::1') as BlockList;
const originOf = createOriginOf(trusted);
const requestFrom = (peer: string, forwarded?: string, protocol?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: { 'x-forwarded-for': forwarded, 'x-forwarded-proto': protocol },
  }) as unknown as IncomingMessage;
const addressOf = (peer: string, forwarded?: string) =>
  createClientAddress(originOf)(requestFrom(peer, forwarded));

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

test.each([
  ['of a stranger is the stranger', '192.0.2.1', '203.0.113.9, 10.0.0.2', ['192.0.2.1']],
  [
    'goes from the client over every proxy of ours',
    '10.0.0.1',
    '203.0.113.9, 10.2.3.4, ::1',
    '203.0.113.9 10.2.3.4 ::1 10.0.0.1'.split(' '),
  ],
  [
    'has nothing of what the client made up',
    '10.0.0.1',
    '10.9.9.9, 203.0.113.9, 10.2.3.4',
    '203.0.113.9 10.2.3.4 10.0.0.1'.split(' '),
  ],
  [
    'begins after what is no address',
    '10.0.0.1',
    '203.0.113.9, unknown, 10.2.3.4',
    '10.2.3.4 10.0.0.1'.split(' '),
  ],
  ['is empty once the connection is gone', '', '203.0.113.9', []],
])('the path of a request %s', (_sentence, peer, forwarded, path) => {
  expect(originOf(requestFrom(peer, forwarded)).path).toEqual(path);
});

test.each([
  ['a proxy of ours says', '10.0.0.1', 'https', 'https'],
  ['we see, when a stranger says something else', '192.0.2.1', 'https', 'http'],
  ['we see, when our proxy says nothing', '10.0.0.1', undefined, 'http'],
  ['we see, when our proxy says nonsense', '10.0.0.1', 'gopher', 'http'],
])('the protocol is what %s', (_sentence, peer, said, protocol) => {
  expect(originOf(requestFrom(peer, undefined, said)).protocol).toBe(protocol);
});

test.each(['x', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.1/8/8'])(
  'says that %s is no network',
  (entry) => {
    expect(readNetworks(`10.0.0.1, ${entry}`)).toBe(entry);
  },
);
