import type { Attempt, Throttle } from './throttle';

/** The part of a Redis connection that the throttle needs. */
export interface ThrottleRedis {
  eval(script: string, keyCount: number, ...keysAndArguments: (string | number)[]): Promise<unknown>;
  del(key: string): Promise<unknown>;
}

// Redis's own clock, so that the replicas of a gateway need not agree on the time. One key a script: it runs on a
// cluster too.
const attemptScript = `
local now = redis.call('TIME')
now = now[1] * 1000 + math.floor(now[2] / 1000)
local free, lock_ms, lock_max_ms, window_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local locked_until = tonumber(redis.call('HGET', KEYS[1], 'locked_until') or '0')
if locked_until > now then return {0, locked_until - now} end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', 1)
local lock = 0
if failures >= free then lock = math.min(lock_ms * 2 ^ (failures - free), lock_max_ms) end
redis.call('HSET', KEYS[1], 'locked_until', string.format('%.0f', now + lock))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', window_ms))
return {1, lock}`;

const refundScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local failures = redis.call('HINCRBY', KEYS[1], 'failures', -1)
if failures <= 0 then return redis.call('DEL', KEYS[1]) end
if tonumber(ARGV[2]) > 0 or failures < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], 'locked_until') end
return 1`;

const prefix = 'swfx:throttle:';

/** A throttle that all gateways share. Rejects while Redis does not answer. */
export function createRedisThrottle(redis: ThrottleRedis): Throttle {
  return {
    async attempt(key, { freeFailures, lockMs, lockMaxMs, windowMs }): Promise<Attempt> {
      const numbers = [freeFailures, lockMs, lockMaxMs, windowMs];
      const [admitted, ms] = (await redis.eval(attemptScript, 1, prefix + key, ...numbers)) as [
        number,
        number,
      ];
      return admitted ? { outcome: 'admitted', lockMs: ms } : { outcome: 'locked', waitMs: ms };
    },
    async refund(key, { freeFailures }, { lockMs }) {
      await redis.eval(refundScript, 1, prefix + key, freeFailures, lockMs);
    },
    async forget(key) {
      await redis.del(prefix + key);
    },
  };
}
