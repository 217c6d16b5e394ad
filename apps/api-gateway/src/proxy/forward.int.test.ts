import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { GeneratedKey } from '@swfx/signing-keys';
import { freePort, waitUntil } from '@swfx/testkit';
import { send } from '../testing/raw-http';
import { rotateKeys } from '../testing/rotate-keys';
import { startScriptedUpstream, type ScriptedUpstream } from '../testing/start-scripted-upstream';
import { createTestPlatform, type TestGateway, type TestPlatform } from '../testing/start-test-gateway';
import { bearer, tokenBy } from '../testing/tokens';

let platform: TestPlatform;
let upstream: ScriptedUpstream;
let gateway: TestGateway;
let key: GeneratedKey;

const mebibyte = 1024 * 1024;
const ready = (started: TestGateway) =>
  waitUntil(async () => (await fetch(`${started.operationsUrl}/readyz`)).ok);

beforeAll(async () => {
  platform = await createTestPlatform();
  upstream = await startScriptedUpstream();
  ({ key } = await rotateKeys(platform.database.pool, platform.keyEncryptionKeys));
  gateway = await platform.start(upstream.url);
  await ready(gateway);
});
afterAll(async () => {
  await platform.stop();
  await upstream.stop();
});

const authorised = () => bearer(tokenBy(key));

/** Opens a request through the gateway; the caller writes its body and reads its answer. */
function open(method: string, headers: Record<string, string> = {}, port = gateway.port) {
  return httpRequest({
    ...{ port, host: '127.0.0.1', path: '/api/stream', method, agent: false },
    headers: { ...authorised(), ...headers },
  });
}
async function answerTo(request: ReturnType<typeof open>): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}
async function hashOf(stream: AsyncIterable<Buffer>): Promise<{ sha256: string; bytes: number }> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of stream) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}
function* blocks(count: number): Generator<Buffer> {
  for (let block = 0; block < count; block += 1) yield Buffer.alloc(64 * 1024, block % 251);
}
const expectedHash = (count: number) => hashOf(Readable.from(blocks(count)));

describe('bodies', () => {
  test('stream to the upstream byte for byte, in chunks and with a length', async () => {
    upstream.answer((request, response) => {
      void hashOf(request).then((seen) =>
        response.end(JSON.stringify({ ...seen, length: request.headers['content-length'] })),
      );
    });
    const expected = await expectedHash(128);
    for (const headers of [{}, { 'content-length': String(expected.bytes) }] as Record<string, string>[]) {
      const request = open('POST', headers);
      const [response] = await Promise.all([
        answerTo(request),
        pipeline(Readable.from(blocks(128)), request),
      ]);
      const seen = JSON.parse(String(Buffer.concat(await response.toArray()))) as object;
      expect(seen).toEqual({ ...expected, length: headers['content-length'] });
    }
  });

  test('stream to the client byte for byte, far beyond what a request may have', async () => {
    upstream.answer((_request, response) => void pipeline(Readable.from(blocks(1_600)), response));
    const request = open('GET');
    request.end();
    expect(await hashOf(await answerTo(request))).toEqual(await expectedHash(1_600));
  });

  test('a client that reads slowly slows the upstream down instead of filling our memory', async () => {
    let written = 0;
    let serving: ServerResponse | undefined;
    upstream.answer((_request, response) => {
      serving = response;
      const source = Readable.from(blocks(10_000));
      source.on('data', (chunk: Buffer) => (written += chunk.length));
      pipeline(source, response).catch(() => undefined);
    });
    const request = open('GET');
    request.end();
    const response = await answerTo(request);
    response.pause();
    let seen = -1;
    // Nothing moves any more once every buffer on the way is full.
    await waitUntil(
      () => {
        const stalled = written === seen && serving?.writableNeedDrain;
        seen = written;
        return stalled;
      },
      { intervalMs: 200 },
    );
    expect(written).toBeLessThan(64 * mebibyte);
    request.destroy();
    await waitUntil(() => serving?.destroyed);
  });

  test('the first bytes arrive while the upstream still works', async () => {
    let finish: (() => void) | undefined;
    upstream.answer((_request, response) => {
      response.write('first');
      finish = () => void response.end('last');
    });
    const request = open('GET');
    request.end();
    const response = await answerTo(request);
    expect(String(((await once(response, 'data')) as [Buffer])[0])).toBe('first');
    finish?.();
    expect(String(Buffer.concat(await response.toArray()))).toBe('last');
  });

  test('a body that says it is too large is refused before the upstream hears of it', async () => {
    let asked = false;
    upstream.answer((_request, response) => {
      asked = true;
      response.end();
    });
    const request = open('POST', { 'content-length': String(10 * mebibyte + 1) });
    request.on('error', () => undefined);
    request.flushHeaders();
    const response = await answerTo(request);
    expect(response.statusCode).toBe(413);
    request.destroy();
    expect(asked).toBe(false);
  });

  test('a body that turns out too large is cut off, here and at the upstream', async () => {
    let seen: IncomingMessage | undefined;
    upstream.answer((request) => void (seen = request.resume()));
    const request = open('POST');
    request.on('error', () => undefined);
    const sent = pipeline(Readable.from(blocks(200)), request).catch(() => undefined);
    const response = await answerTo(request);
    expect(response.statusCode).toBe(413);
    expect(JSON.parse(String(Buffer.concat(await response.toArray())))).toMatchObject({
      code: 'payload_too_large',
    });
    await sent;
    await waitUntil(() => seen?.destroyed && !seen.complete);
  });

  test('an answer that comes before the body was read reaches the client', async () => {
    upstream.answer((_request, response) => response.writeHead(422).end('no'));
    const request = open('POST');
    request.on('error', () => undefined);
    const sent = pipeline(Readable.from(blocks(100)), request).catch(() => undefined);
    const response = await answerTo(request);
    expect([response.statusCode, String(Buffer.concat(await response.toArray()))]).toEqual([422, 'no']);
    await sent;
  });
});

describe('whoever leaves', () => {
  test('a client that leaves before the answer ends the work upstream', async () => {
    let serving: ServerResponse | undefined;
    upstream.answer((_request, response) => void (serving = response));
    const request = open('GET');
    request.on('error', () => undefined);
    request.end();
    await waitUntil(() => serving);
    request.destroy();
    await waitUntil(() => serving?.destroyed);
  });

  test('a client that leaves in the middle of its body ends the work upstream', async () => {
    let seen: IncomingMessage | undefined;
    upstream.answer((request) => void (seen = request.resume()));
    const request = open('POST');
    request.on('error', () => undefined);
    request.write(randomBytes(1_000));
    await waitUntil(() => seen);
    request.destroy();
    await waitUntil(() => seen?.destroyed && !seen.complete);
  });

  test.each([
    ['in chunks', {}],
    ['with a length', { 'content-length': '1000' }],
  ])(
    'an upstream that breaks off an answer %s leaves the client with a broken one, not a short one',
    async (_how, headers) => {
      upstream.answer((_request, response) => {
        response.writeHead(200, headers);
        response.write('half', () => response.destroy());
      });
      const request = open('GET');
      request.end();
      const response = await answerTo(request);
      await expect(response.toArray()).rejects.toThrow('aborted');
    },
  );

  test('an upstream that hangs up without an answer is a 502', async () => {
    upstream.answer((request) => void request.socket.destroy());
    const answer = await send(`${gateway.url}/api/x`, { headers: authorised() });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toEqual({
      type: 'urn:smartwalletfx:problem:upstream_unavailable',
      title: 'The service behind the gateway gave no usable answer',
      status: 502,
      code: 'upstream_unavailable',
      detail: 'the service behind the gateway gave no usable answer',
    });
  });

  test('an upstream that is not there is a 502 that does not say where it would be', async () => {
    const port = await freePort();
    const lonely = await platform.start(`http://127.0.0.1:${port}`);
    await ready(lonely);
    const answer = await send(`${lonely.url}/api/x`, { headers: authorised() });
    expect(answer.status).toBe(502);
    expect(answer.body).not.toMatch(/ECONN|127\.0\.0\.1/);
    expect(answer.body).not.toContain(String(port));
  });
});

describe('the deadline', () => {
  let hurried: TestGateway;
  beforeAll(async () => {
    hurried = await platform.start(upstream.url, { REQUEST_DEADLINE_SECONDS: '1' });
    await ready(hurried);
  });

  test('an upstream that does not answer in time is a 504, and is told to stop', async () => {
    let serving: ServerResponse | undefined;
    upstream.answer((_request, response) => void (serving = response));
    const answer = await send(`${hurried.url}/api/x`, { headers: authorised() });
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_timeout' });
    await waitUntil(() => serving?.destroyed);
  });

  test('a request that does not arrive in time is a 408: its upstream is not to blame', async () => {
    upstream.answer((request) => void request.resume());
    const request = open('POST', {}, hurried.port);
    request.on('error', () => undefined);
    request.write('x');
    expect((await answerTo(request)).statusCode).toBe(408);
    request.destroy();
  });

  test('an answer that takes too long is broken off', async () => {
    upstream.answer((_request, response) => void response.write('first'));
    const request = open('GET', {}, hurried.port);
    request.end();
    await expect((await answerTo(request)).toArray()).rejects.toThrow('aborted');
  });
});

describe('the forms of an answer', () => {
  test('HEAD has the headers of its answer and no body', async () => {
    upstream.answer((_request, response) =>
      response.writeHead(200, { 'content-length': '1234', etag: '"x"' }).end(),
    );
    const answer = await send(`${gateway.url}/api/x`, { method: 'HEAD', headers: authorised() });
    expect(answer).toMatchObject({
      status: 200,
      body: '',
      headers: { 'content-length': '1234', etag: '"x"' },
    });
  });

  test.each([204, 304])('%s has no body', async (status) => {
    upstream.answer((_request, response) => response.writeHead(status, { etag: '"x"' }).end());
    const answer = await send(`${gateway.url}/api/x`, { headers: authorised() });
    expect(answer).toMatchObject({ status, body: '', headers: { etag: '"x"' } });
    expect(answer.headers['transfer-encoding']).toBeUndefined();
  });

  test('interim answers do not disturb the one that counts', async () => {
    upstream.answer((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.writeProcessing();
      response.end('final');
    });
    const answer = await send(`${gateway.url}/api/x`, { headers: authorised() });
    expect([answer.status, answer.body]).toEqual([200, 'final']);
  });

  test('each Set-Cookie stays a header of its own', async () => {
    upstream.answer((_request, response) => response.setHeader('set-cookie', ['a=1', 'b=2']).end());
    const answer = await send(`${gateway.url}/api/x`, { headers: authorised() });
    expect(answer.headers['set-cookie']).toEqual(['a=1', 'b=2']);
  });

  test('bytes beyond ASCII in a header stay what they are', async () => {
    upstream.answer((request, response) =>
      response.setHeader('x-echo', request.headers['x-name'] ?? '').end(),
    );
    const answer = await send(`${gateway.url}/api/x`, {
      headers: { ...authorised(), 'x-name': 'caf\u00e9' },
    });
    expect(answer.headers['x-echo']).toBe('caf\u00e9');
  });

  test('a Trailer header of the upstream does not end the gateway, whatever the client speaks', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(200, { trailer: 'x-sum', 'transfer-encoding': 'chunked' });
      response.addTrailers({ 'x-sum': '1' });
      response.end('body');
    });
    const head = await send(`${gateway.url}/api/x`, { method: 'HEAD', headers: authorised() });
    expect([head.status, head.headers.trailer]).toEqual([200, undefined]);
    const old = await sendHttp10(gateway.port, tokenBy(key));
    expect(old).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(old).toMatch(/\r\n\r\nbody$/);
  });

  test('an upstream that speaks no HTTP is a 502', async () => {
    const babbler = await startSocketServer((socket) =>
      socket.once('data', () => socket.end('hello\r\n\r\n')),
    );
    const facing = await platform.start(babbler.url);
    await ready(facing);
    expect((await send(`${facing.url}/api/x`, { headers: authorised() })).status).toBe(502);
    await babbler.stop();
  });

  test('headers of the upstream that no client may be sent are a 502, not a crash', async () => {
    const liar = await startSocketServer((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nx-bad: a\x01b\r\ncontent-length: 2\r\n\r\nok'),
      ),
    );
    const facing = await platform.start(liar.url);
    await ready(facing);
    expect((await send(`${facing.url}/api/x`, { headers: authorised() })).status).toBe(502);
    await liar.stop();
  });
});

function sendHttp10(port: number, token: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET /api/x HTTP/1.0\r\nauthorization: Bearer ${token}\r\n\r\n`),
    );
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.once('error', reject);
    socket.once('close', () => resolve(received));
  });
}

async function startSocketServer(
  serve: (socket: Socket) => void,
): Promise<{ url: string; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}
