import { median } from './median';

const atLeast = 3;
const timesTheUsual = 5;
const shortestSeconds = 600;

/**
 * Seconds after which an attempt is ended: five times what the last ones took, but never so short that a busy hour
 * kills a good backup, and never longer than configured. Without a history it is what is configured. Each attempt after
 * a failed one has twice as long: what has become slower for a reason, such as a budget, must not fail for ever.
 */
export function decideTimeLimit(durations: readonly number[], maxSeconds: number, failures = 0): number {
  if (durations.length < atLeast) return maxSeconds;
  const usual = Math.max(shortestSeconds, median(durations) * timesTheUsual);
  return Math.min(maxSeconds, usual * 2 ** failures);
}
