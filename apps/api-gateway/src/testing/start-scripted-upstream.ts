import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedUpstream {
  url: string;
  /** Answers from now on. */
  answer(listener: RequestListener): void;
  stop(): Promise<void>;
}

/** An upstream that gives a test the request and the response themselves: for what streams, stalls and breaks. */
export async function startScriptedUpstream(): Promise<ScriptedUpstream> {
  let current: RequestListener = (_request, response) => void response.end('ok');
  const server = createServer((request, response) => current(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: (listener) => void (current = listener),
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
