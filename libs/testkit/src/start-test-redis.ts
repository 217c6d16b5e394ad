import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@swfx/postgres-server';
import { startRedisServer } from './start-redis-server';
import { startStoppableServer } from './stoppable-server';
import type { StoppableServer } from './stoppable-server';

/**
 * Starts a Redis of this test's own, which can be stopped, killed, made to hang and brought back on its port.
 * With `persistent` it keeps its data over that (as the local stack does), otherwise it comes back empty.
 */
export async function startTestRedis(
  options: { persistent?: boolean } = {},
): Promise<StoppableServer & { url: string }> {
  const dir = await mkdtemp(join(tmpdir(), 'swfx-redis-'));
  const port = await freePort();
  const remove = (): Promise<void> => rm(dir, { recursive: true, force: true });
  const start = (): ReturnType<typeof startRedisServer> =>
    startRedisServer({ port, dir, persistent: options.persistent ?? false });
  try {
    return { ...(await startStoppableServer({ port, start, remove })), url: `redis://127.0.0.1:${port}` };
  } catch (error) {
    await remove();
    throw error;
  }
}
