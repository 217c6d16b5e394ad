import { connect } from 'node:net';
import { startHttpServer } from './http-server';

async function answerTo(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(request);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}

describe('startHttpServer', () => {
  it.each([
    ['nonsense', 'no http at all\r\n\r\n', 400],
    ['a head that is too large', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
  ])('answers %s as a problem', async (_what, request, status) => {
    const server = await startHttpServer({
      handler: (_, response) => response.end(),
      host: '127.0.0.1',
      port: 0,
    });
    const answer = await answerTo(server.port, request);
    expect(answer).toContain(`HTTP/1.1 ${status} `);
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ status, code: 'invalid_request' });
    await server.stop();
  });

  it('tells a client that was too slow that it may try again', async () => {
    const handler = (): void => undefined;
    const { server, port, stop } = await startHttpServer({ handler, host: '127.0.0.1', port: 0 });
    // As Node does when a head has not arrived in its time.
    const late = Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
    server.once('connection', (socket) => server.emit('clientError', late, socket));
    expect(await answerTo(port, 'GET / HTTP/1.1\r\n')).toContain('HTTP/1.1 408 ');
    await stop();
  });

  it('says in one sentence that a port is taken', async () => {
    const options = { handler: () => undefined, host: '127.0.0.1' };
    const first = await startHttpServer({ ...options, port: 0 });
    await expect(startHttpServer({ ...options, port: first.port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${first.port}: another process has the port`,
    );
    await first.stop();
  });
});
