import { Redis } from 'ioredis';
import { startTestRedis } from './start-test-redis';

/** An empty Redis for one suite. `client` is connected to it; `drop()` closes the client and ends the server. */
export type TestRedis = { url: string; client: Redis; drop: () => Promise<void> };

/**
 * Gives a suite a Redis server of its own (15 ms): pub/sub channels know no database numbers, so suites that run
 * side by side on one server would hear each other.
 */
export async function createTestRedis(): Promise<TestRedis> {
  const server = await startTestRedis();
  const client = new Redis(server.url, { maxRetriesPerRequest: 1 });
  // A failed command rejects where it was called; without a listener the same error would end the process.
  client.on('error', () => undefined);
  const drop = async (): Promise<void> => {
    client.disconnect();
    await server.drop();
  };
  return { url: server.url, client, drop };
}
