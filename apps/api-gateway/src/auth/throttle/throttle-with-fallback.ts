import type { Throttle } from './throttle';

/**
 * Asks the shared throttle, and this process's own where that does not answer: without Redis an attacker gets as many
 * tries as there are gateways, but nobody gets them without end, and nobody is kept out for want of Redis.
 * `onFallback` is told of each attempt that was counted here alone.
 */
export function withFallback(shared: Throttle, local: Throttle, onFallback: () => void): Throttle {
  return {
    attempt: (key, rule) =>
      shared.attempt(key, rule).catch(() => {
        onFallback();
        return local.attempt(key, rule);
      }),
    // What was counted where is not remembered: a refund too many is a try more, on the next attempt only.
    async refund(key, rule) {
      await Promise.all([shared.refund(key, rule).catch(() => undefined), local.refund(key, rule)]);
    },
    async forget(key) {
      await Promise.all([shared.forget(key).catch(() => undefined), local.forget(key)]);
    },
  };
}
