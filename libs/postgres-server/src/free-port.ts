import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those that systems give by themselves to outgoing connections and to whoever asks for port 0. */
const range = { from: 10_000, to: 32_767 };

/**
 * A TCP port that nothing listens on at 127.0.0.1 at this moment. The system gives it to nobody by itself, so a server
 * that is stopped finds it free when it starts again; but another who asks here can get it before it is used. Where a
 * server can bind port 0 itself, let it. Throws when there is none.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(range.from, range.to + 1);
    if (await isPortFree(port)) return port;
  }
  throw new Error(`There is no free port between ${range.from} and ${range.to}.`);
}

/** Whether a TCP port can be listened on at 127.0.0.1 at this moment. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
