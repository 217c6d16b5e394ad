import type { Secret } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { Redis, type RedisOptions } from 'ioredis';

/**
 * What a connection is for. `command`: fails fast, so that a Redis that hangs or is gone never hangs a request.
 * `worker`: BullMQ's, which blocks on purpose and waits out an outage. `subscriber`: listens, and subscribes again.
 */
export type RedisRole = 'command' | 'worker' | 'subscriber';

const roleOptions: Record<RedisRole, RedisOptions> = {
  command: { commandTimeout: 2_000, maxRetriesPerRequest: 1, enableOfflineQueue: false },
  worker: { maxRetriesPerRequest: null },
  // Its ready check would be an INFO, which a connection that subscribes already may not send.
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true, enableReadyCheck: false },
};

/** The one place where a Redis connection is made: bounded time-outs, endless jittered reconnects, one log line an outage. */
export function connectRedis(options: { url: Secret; name: string; role: RedisRole; logger: Logger }): Redis {
  const redis = new Redis(options.url.reveal(), {
    ...roleOptions[options.role],
    connectionName: `${options.name}:${options.role}`,
    connectTimeout: 3_000,
    keepAlive: 10_000,
    // Ending a connection that is down anyway leaves ioredis with this timer, which holds the process.
    disconnectTimeout: 200,
    retryStrategy: reconnectDelayMs,
  });
  let down = false;
  redis.on('error', (error) => {
    if (!down)
      options.logger.warn('Redis connection lost; trying again until it is back', {
        role: options.role,
        error: errorMessage(error),
      });
    down = true;
  });
  redis.on('ready', () => {
    if (down) options.logger.info('Redis connection restored', { role: options.role });
    down = false;
  });
  return redis;
}

/** Ends a connection: politely where it is up, at once where it is not. */
export async function closeRedis(redis: Redis): Promise<void> {
  // A connection that is given up while it is being made complains afterwards, when its logger may be gone.
  redis.removeAllListeners('error').on('error', () => undefined);
  if (redis.status !== 'ready') {
    // One that is being made at this moment may still come about, and nobody is left to be told.
    redis.removeAllListeners('ready');
    return redis.disconnect();
  }
  await redis.quit().catch(() => redis.disconnect());
}

function reconnectDelayMs(attempt: number): number {
  const ceiling = Math.min(50 * 2 ** Math.min(attempt, 6), 2_000);
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
