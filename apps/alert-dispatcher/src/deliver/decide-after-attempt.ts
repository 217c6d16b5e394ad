import { backOffSeconds } from './back-off';
import type { SlackVerdict } from './classify-slack-response';

export type MessageFormat = 'blocks' | 'plain';

/** The closed words of `alerts_failed_total{reason}`. */
export type FailureReason = 'rate_limited' | 'server_error' | 'network' | 'timeout' | 'rejected' | 'payload';

/** The next state of a delivery. `holdSeconds`: how long nothing at all may be posted to its destination. */
export type AfterAttempt =
  | { state: 'sent' }
  | {
      state: 'pending';
      reason: FailureReason;
      detail: string;
      format: MessageFormat;
      afterSeconds: number;
      holdSeconds: number;
    }
  | { state: 'dead'; reason: FailureReason; detail: string };

const firstRetrySeconds = 1;
/** A webhook that refuses everything needs a person, not haste. */
const firstRejectedSeconds = 5;
const longestHoldSeconds = 86_400;

/** Decides what follows an attempt. Only a message that is refused as plain text too is given up here. */
export function decideAfterAttempt(
  verdict: SlackVerdict,
  attempt: { number: number; format: MessageFormat },
  random: () => number,
): AfterAttempt {
  if (verdict.outcome === 'delivered') return { state: 'sent' };
  const { detail } = verdict;
  const backOff = (first: number) => backOffSeconds(attempt.number, first, random);
  const pending = { state: 'pending', detail, format: attempt.format } as const;
  if (verdict.outcome === 'rate_limited') {
    const seconds = Math.min(longestHoldSeconds, verdict.afterSeconds ?? backOff(firstRejectedSeconds));
    return { ...pending, reason: 'rate_limited', afterSeconds: seconds, holdSeconds: seconds };
  }
  if (verdict.outcome === 'retry')
    return { ...pending, reason: verdict.reason, afterSeconds: backOff(firstRetrySeconds), holdSeconds: 0 };
  if (verdict.reason === 'rejected') {
    const seconds = backOff(firstRejectedSeconds);
    return { ...pending, reason: 'rejected', afterSeconds: seconds, holdSeconds: seconds };
  }
  if (attempt.format === 'plain') return { state: 'dead', reason: 'payload', detail };
  return { ...pending, reason: 'payload', format: 'plain', afterSeconds: 0, holdSeconds: 0 };
}
