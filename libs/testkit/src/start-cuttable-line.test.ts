import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { startCuttableLine } from './start-cuttable-line';
import { waitUntil } from './wait-until';

it('carries both ways, is silent while it is cut, and then delivers what was held back', async () => {
  const server = createServer((socket) =>
    socket.on('data', (bytes) => socket.write(`heard ${String(bytes)}`)),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const line = await startCuttableLine(server.address() as AddressInfo);
  const client = connect(line.port, '127.0.0.1');
  let heard = '';
  client.on('data', (bytes) => (heard += String(bytes)));
  client.write('one');
  await waitUntil(() => heard === 'heard one');

  line.cut();
  client.write('two');
  const other = connect(line.port, '127.0.0.1');
  await once(other, 'connect');
  other.write('three');
  let otherHeard = '';
  other.on('data', (bytes) => (otherHeard += String(bytes)));
  expect([heard, otherHeard]).toEqual(['heard one', '']);

  line.mend();
  await waitUntil(() => heard === 'heard oneheard two' && otherHeard === 'heard three');
  client.destroy();
  other.destroy();
  await line.stop();
  server.close();
});

it('ends the connection of whoever cannot reach the server', async () => {
  const line = await startCuttableLine({ port: 1 });
  const client = connect(line.port, '127.0.0.1');
  client.on('error', () => undefined);
  await once(client, 'close');
  await line.stop();
});
