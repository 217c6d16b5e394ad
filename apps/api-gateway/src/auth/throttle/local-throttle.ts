import type { Attempt, Throttle, ThrottleRule } from './throttle';

interface Count {
  failures: number;
  lockedUntil: number;
  forgottenAt: number;
}

/** A throttle of this process alone, bounded: the key that was not tried for longest makes room. */
export function createLocalThrottle(options: { limit?: number; now?: () => number } = {}): Throttle {
  const { limit = 10_000, now = () => performance.now() } = options;
  const counts = new Map<string, Count>();

  function current(key: string, at: number): Count {
    const known = counts.get(key);
    return known && known.forgottenAt > at ? known : { failures: 0, lockedUntil: 0, forgottenAt: 0 };
  }
  function keep(key: string, count: Count): void {
    counts.delete(key);
    counts.set(key, count);
    const [oldest] = counts.keys();
    if (counts.size > limit && oldest !== undefined) counts.delete(oldest);
  }
  return {
    async attempt(key, rule): Promise<Attempt> {
      const at = now();
      const count = current(key, at);
      if (count.lockedUntil > at) return { outcome: 'locked', waitMs: Math.ceil(count.lockedUntil - at) };
      const failures = count.failures + 1;
      const lockMs = lockAfter(failures, rule);
      keep(key, { failures, lockedUntil: at + lockMs, forgottenAt: at + rule.windowMs });
      return { outcome: 'admitted', lockMs };
    },
    async refund(key, rule, { lockMs }) {
      const count = current(key, now());
      const failures = count.failures - 1;
      if (failures <= 0) return void counts.delete(key);
      const lockedUntil = lockMs > 0 || failures < rule.freeFailures ? 0 : count.lockedUntil;
      keep(key, { ...count, failures, lockedUntil });
    },
    async forget(key) {
      counts.delete(key);
    },
  };
}

/** The lock that a failure brings, in milliseconds; the script of the Redis throttle computes the same. */
export function lockAfter(failures: number, rule: ThrottleRule): number {
  if (failures < rule.freeFailures) return 0;
  return Math.min(rule.lockMs * 2 ** (failures - rule.freeFailures), rule.lockMaxMs);
}
