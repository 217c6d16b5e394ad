import { errorMessage } from '@swfx/errors';
import type { Redis } from 'ioredis';
import Redlock from 'redlock';

/** `contended`: another holds it. `unavailable`: Redis could not be asked, and the caller goes on without. */
export type LockAttempt =
  | { outcome: 'acquired'; release(): Promise<void> }
  | { outcome: 'contended' }
  | { outcome: 'unavailable'; reason: string };

/**
 * Tries once for a Redlock. It keeps two replicas from doing the same work at the same time, and no more: what must
 * not happen twice is guarded by a compare-and-swap in Postgres, since any lock with a time limit can be outlived.
 */
export async function tryLock(redis: Redis, name: string, ttlMs: number): Promise<LockAttempt> {
  if (redis.status !== 'ready')
    return { outcome: 'unavailable', reason: `the connection is ${redis.status}` };
  // Its types want a client of the redis package of old; it calls nothing but eval, which ioredis has.
  const redlock = new Redlock([redis as never], { retryCount: 0 });
  redlock.on('clientError', () => undefined);
  try {
    const lock = await redlock.lock(name, ttlMs);
    return { outcome: 'acquired', release: () => lock.unlock().catch(() => undefined) };
  } catch (error) {
    // A Redis that answers but takes no writes (memory spent, a replica, a disk error) refuses the lock to everyone.
    const holder = await redis.exists(name).catch((reason: unknown) => errorMessage(reason));
    if (holder === 1) return { outcome: 'contended' };
    return { outcome: 'unavailable', reason: typeof holder === 'string' ? holder : errorMessage(error) };
  }
}
