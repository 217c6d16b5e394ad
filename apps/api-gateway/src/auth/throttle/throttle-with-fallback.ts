import type { Throttle } from './throttle';

/** After a silence the shared throttle is not asked again for this long: a Redis that hangs must not hang each login. */
const pauseMs = 5_000;

/**
 * Asks the shared throttle, and this process's own where that does not answer: without Redis an attacker gets as many
 * tries as there are gateways, but nobody gets them without end, and nobody is kept out for want of Redis.
 * `onFallback` is told of each attempt that was counted here alone.
 */
export function withFallback(
  shared: Throttle,
  local: Throttle,
  { onFallback, now = () => performance.now() }: { onFallback: () => void; now?: () => number },
): Throttle {
  let silentUntil = -Infinity;

  /** Undefined where the shared throttle does not answer. */
  async function ask<Answer>(question: () => Promise<Answer>): Promise<Answer | undefined> {
    if (now() < silentUntil) return undefined;
    try {
      return await question();
    } catch {
      silentUntil = now() + pauseMs;
      return undefined;
    }
  }
  return {
    async attempt(key, rule) {
      const answer = await ask(() => shared.attempt(key, rule));
      if (answer) return answer;
      onFallback();
      return local.attempt(key, rule);
    },
    // What was counted where is not remembered: a refund too many is a try more, on the next attempt only.
    async refund(key, rule, attempt) {
      await Promise.all([ask(() => shared.refund(key, rule, attempt)), local.refund(key, rule, attempt)]);
    },
    async forget(key) {
      await Promise.all([ask(() => shared.forget(key)), local.forget(key)]);
    },
  };
}
