/**
 * Tells the rotator which keys this gateway verifies with: those whose probe its own keys have just accepted. Said at
 * once when a set comes into force, renewed well within the lease, in Postgres and in Redis, neither of which is waited
 * for. What cannot be said only makes a rotation wait; it refuses nobody.
 */
import { randomUUID, type KeyObject } from 'node:crypto';
import { hostname } from 'node:os';
import type { Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import {
  ackCopy,
  probeVerifies,
  recordAck,
  withdrawAck,
  type KeySet,
  type PublicKey,
  type VerifierAck,
} from '@swfx/signing-keys';
import type { KeyMirror } from './key-mirror';

/** The commands of ioredis that the copies need. */
interface AckCopies {
  readonly status: string;
  set(key: string, value: string, unit: 'PX', lifeMs: number): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

export interface AckOptions {
  db: Queryable;
  redis: AckCopies;
  mirror: Pick<KeyMirror, 'keySet' | 'keyOf' | 'onChange'>;
  logger: Logger;
  leaseSeconds: number;
  tokenTtlSeconds: number;
  clockSkewSeconds: number;
}

export function startKeyMirrorAcks(options: AckOptions): { stop(): Promise<void> } {
  const { db, redis, mirror, logger, leaseSeconds, tokenTtlSeconds, clockSkewSeconds } = options;
  const self = { boot: randomUUID(), instance: `api-gateway@${hostname()}/${process.pid}` };
  let proven: { epoch: number; kids: string[] } | undefined;
  let current: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  /** Keys whose probes were accepted: a key stays imported from set to set, and so need not be proved for each. */
  const accepted = new WeakSet<KeyObject>();

  function prove(keySet: KeySet): string[] {
    const now = new Date();
    return keySet.keys.filter((key) => verifies(key, now)).map(({ kid }) => kid);
  }
  function verifies(key: PublicKey, now: Date): boolean {
    const held = mirror.keyOf(key.kid);
    if (!held || held.state === 'revoked' || (held.leavesAt && held.leavesAt <= now)) return false;
    if (!accepted.has(held.key) && probeVerifies(key, mirror.keyOf, now)) accepted.add(held.key);
    return accepted.has(held.key);
  }
  async function say(ack: VerifierAck): Promise<void> {
    const { key, value } = ackCopy(ack);
    const copied = redis.status === 'ready' ? redis.set(key, value, 'PX', leaseSeconds * 1000) : undefined;
    const outcomes = await Promise.allSettled([recordAck(db, ack, leaseSeconds), copied]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        logger.debug('An acknowledgement was not taken', { error: errorMessage(outcome.reason) });
  }
  async function acknowledge(): Promise<void> {
    do {
      again = false;
      const keySet = mirror.keySet();
      if (!keySet || stopped) return;
      if (proven?.epoch !== keySet.epoch) proven = { epoch: keySet.epoch, kids: prove(keySet) };
      await say({ ...self, ...proven, tokenTtlSeconds, clockSkewSeconds });
    } while (again);
  }
  /** One at a time: a Postgres that hangs must not gather them. */
  function ring(): void {
    again = true;
    current ??= acknowledge().finally(() => (current = undefined));
  }
  const timer = setInterval(ring, (leaseSeconds * 1000) / 4);
  mirror.onChange(() => {
    proven = undefined;
    ring();
  });
  ring();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await current;
      await withdrawAck(db, self.boot).catch(() => undefined);
      if (redis.status === 'ready')
        await redis
          .del(ackCopy({ ...self, epoch: 0, kids: [], tokenTtlSeconds, clockSkewSeconds }).key)
          .catch(() => undefined);
    },
  };
}
