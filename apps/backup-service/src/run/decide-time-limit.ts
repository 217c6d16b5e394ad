import { median } from './median';

const atLeast = 3;
const timesTheUsual = 5;
const shortestSeconds = 600;

/**
 * Seconds after which an attempt is ended: five times what the last ones took, but never so short that a busy hour
 * kills a good backup, and never longer than configured. Without a history it is what is configured.
 */
export function decideTimeLimit(durations: readonly number[], maxSeconds: number): number {
  if (durations.length < atLeast) return maxSeconds;
  return Math.min(maxSeconds, Math.max(shortestSeconds, median(durations) * timesTheUsual));
}
