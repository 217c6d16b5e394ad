import { createServer, type RequestListener } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Secret } from '@swfx/config';
import { postJson } from './post-json';

/** Posts once to a server that answers in its own way. */
async function post(listener: RequestListener, timeoutMs = 20_000) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new Secret(`http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/x`);
  const { signal } = new AbortController();
  const response = await postJson({ url, body: {}, timeoutMs, signal, receiver: 'It' });
  server.closeAllConnections();
  server.close();
  return response;
}

describe('postJson', () => {
  it('takes an answer that is too long for one, and reads its beginning', async () => {
    const response = await post((_, answer) => answer.writeHead(202).end('x'.repeat(5_000_000)));
    expect(response).toEqual({
      kind: 'answer',
      status: 202,
      body: 'x'.repeat(65_536),
      retryAfter: undefined,
    });
  });

  it('waits no longer for an answer that comes in drops', async () => {
    const response = await post((_, answer) => void answer.writeHead(200).write('o'), 200);
    expect(response).toMatchObject({ kind: 'no_answer', reason: 'timeout', unsent: false });
  });

  it('says that an answer broke off', async () => {
    const response = await post((request, answer) => {
      answer.writeHead(200, { 'content-length': '10' }).write('o', () => request.socket.resetAndDestroy());
    });
    expect(response).toMatchObject({ kind: 'no_answer', reason: 'network', unsent: false });
  });

  it('follows no redirect', async () => {
    let requests = 0;
    const response = await post((_, answer) => {
      requests += 1;
      answer.writeHead(307, { location: '/elsewhere' }).end();
    });
    expect(response).toMatchObject({ kind: 'answer', status: 307 });
    expect(requests).toBe(1);
  });
});
