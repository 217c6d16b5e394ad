import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { intervalSeconds } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { mergeAcks, readAckCopies, readKeySet, readVerifiers, type Verifier } from '@swfx/signing-keys';
import { readPolicy } from '../../rotation/publish-policy';
import { rotationLockName } from '../../rotation/rotate';
import { currentWait } from '../../rotation/rotation-requests';
import { rotationTask } from '../../rotation/rotation-task';
import { examineKeys, type Finding, type KeyFacts } from './examine-keys';

/** Gathers what the database and Redis can tell of the keys, and examines it. */
export async function runDoctor({ pool, redis }: Pick<Foundation, 'pool' | 'redis'>): Promise<Finding[]> {
  const keySet = await readKeySet(pool);
  const policy = await readPolicy(pool);
  const schedule = await readSchedule(pool);
  return examineKeys({
    now: keySet.readAt,
    keySet,
    policy,
    schedule,
    intervalSeconds: schedule ? intervalSeconds(schedule.cron, keySet.readAt) : Infinity,
    rotators: await countRotators(pool),
    lock: await lookAtLock(redis),
    kekIds: await readKekIds(pool),
    verifiers: await readAllVerifiers({ pool, redis }, policy?.graceSeconds ?? 900),
    waiting: await currentWait(pool),
  });
}

async function readSchedule(db: Queryable): Promise<KeyFacts['schedule']> {
  const { rows } = await db.query<{ cron: string; nextRunAt: Date }>(
    'SELECT cron, next_run_at AS "nextRunAt" FROM task_schedule WHERE name = $1',
    [rotationTask],
  );
  return rows[0];
}

async function countRotators(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM service_instance
     WHERE service = 'key-rotation-service' AND heartbeat_at > now() - interval '30 seconds'`,
  );
  return rows[0]?.count ?? 0;
}

async function readKekIds(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ kekId: string }>(
    'SELECT DISTINCT kek_id AS "kekId" FROM signing_key_private ORDER BY kek_id',
  );
  return rows.map(({ kekId }) => kekId);
}

async function lookAtLock(redis: Foundation['redis']): Promise<KeyFacts['lock']> {
  try {
    const ttlMs = await redis.pttl(rotationLockName);
    return ttlMs < 0 ? { kind: 'free' } : { kind: 'held', ttlSeconds: Math.ceil(ttlMs / 1000) };
  } catch (error) {
    return { kind: 'unknown', reason: `Redis cannot be asked (${errorMessage(error)})` };
  }
}

async function readAllVerifiers(
  { pool, redis }: Pick<Foundation, 'pool' | 'redis'>,
  memorySeconds: number,
): Promise<KeyFacts['verifiers']> {
  const copies = await readAckCopies(redis).catch((): Verifier[] => []);
  const { rows } = await pool.query<{ boot: string; tokenTtlSeconds: number; clockSkewSeconds: number }>(
    `SELECT boot, token_ttl_seconds AS "tokenTtlSeconds", clock_skew_seconds AS "clockSkewSeconds" FROM verifier_ack`,
  );
  const settings = new Map(rows.map(({ boot, ...own }) => [boot, own]));
  const unknown = { tokenTtlSeconds: 0, clockSkewSeconds: 0 };
  return mergeAcks(await readVerifiers(pool, memorySeconds), copies).map((verifier) => ({
    ...verifier,
    ...(settings.get(verifier.boot) ?? unknown),
  }));
}
