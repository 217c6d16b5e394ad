import type { PoolClient } from '@swfx/database';
import { mergeAcks, readAckCopies, readVerifiers, type Verifier } from '@swfx/signing-keys';
import type { Rotator } from './rotate';

/** Redis has this long to tell its copies; without them the rows in Postgres have to do. */
const redisLimitMs = 1_000;

/**
 * Who verifies: the copies in Redis are read now, before a transaction is open, and the rows in Postgres with the
 * returned function, in it.
 */
export async function findVerifiers({
  redis,
  policy,
}: Pick<Rotator, 'redis' | 'policy'>): Promise<(client: PoolClient) => Promise<Verifier[]>> {
  const copies = redis.status === 'ready' ? await within(redisLimitMs, readAckCopies(redis)) : [];
  return async (client) => mergeAcks(await readVerifiers(client, policy.graceSeconds), copies);
}

function within(limitMs: number, reading: Promise<Verifier[]>): Promise<Verifier[]> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve([]), limitMs);
    reading.then(resolve, () => resolve([])).finally(() => clearTimeout(timer));
  });
}
