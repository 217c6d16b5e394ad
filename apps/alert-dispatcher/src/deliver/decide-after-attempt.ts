import { backOffSeconds } from './back-off';
import type { Verdict } from './classify-response';
import type { MessageFormat } from './notice-rows';

/** The closed words of `alerts_failed_total{reason}`. */
export type FailureReason = 'rate_limited' | 'server_error' | 'network' | 'timeout' | 'rejected' | 'payload';

/**
 * What follows an attempt. `certain`: it is known not to have arrived. `holdSeconds`: how long nothing at all may be
 * posted to its destination.
 */
export type AfterAttempt =
  | { state: 'sent'; thread: string | null }
  | {
      state: 'pending';
      reason: FailureReason;
      detail: string;
      certain: boolean;
      format: MessageFormat;
      afterSeconds: number;
      holdSeconds: number;
    }
  | { state: 'dead'; reason: FailureReason; detail: string };

const firstRetrySeconds = 1;
/** A destination that refuses everything needs a person, not haste. */
const firstRejectedSeconds = 5;
const longestHoldSeconds = 86_400;

/** Decides what follows an attempt. Only a message that is refused as plain text too is given up here. */
export function decideAfterAttempt(
  verdict: Verdict,
  attempt: { number: number; format: MessageFormat; rejections: number },
  random: () => number,
): AfterAttempt {
  if (verdict.outcome === 'delivered') return { state: 'sent', thread: verdict.thread ?? null };
  const { detail } = verdict;
  const pending = { state: 'pending', detail, format: attempt.format, certain: true } as const;
  const backOff = (first: number) => backOffSeconds(attempt.number, first, random);
  if (verdict.outcome === 'rate_limited') {
    const seconds = Math.min(longestHoldSeconds, verdict.afterSeconds ?? backOff(firstRejectedSeconds));
    return { ...pending, reason: 'rate_limited', afterSeconds: seconds, holdSeconds: seconds };
  }
  if (verdict.outcome === 'retry') {
    const { reason, unsent } = verdict;
    return { ...pending, reason, certain: unsent, afterSeconds: backOff(firstRetrySeconds), holdSeconds: 0 };
  }
  if (verdict.reason === 'rejected') {
    const seconds = backOffSeconds(attempt.rejections + 1, firstRejectedSeconds, random);
    return { ...pending, reason: 'rejected', afterSeconds: 0, holdSeconds: seconds };
  }
  if (attempt.format === 'plain') return { state: 'dead', reason: 'payload', detail };
  return { ...pending, reason: 'payload', format: 'plain', afterSeconds: 0, holdSeconds: 0 };
}
