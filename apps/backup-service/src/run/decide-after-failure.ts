import type { BackupFailureReason } from '../backup-error';

/** What became of an attempt that did not succeed. */
export interface AttemptFailure {
  reason: BackupFailureReason;
  error: string;
  /** Trying again cannot help. */
  permanent: boolean;
  /** The service is stopping: the attempt is given back, and does not count against the limit. */
  stopping: boolean;
}

export type NextStep =
  | { next: 'hand_back' }
  | { next: 'retry'; delaySeconds: number }
  | { next: 'give_up'; because: 'permanent' | 'exhausted' };

const longestDelaySeconds = 3_600;

/** Decides how a run goes on; `failures` are those before this one. Each wait is twice the one before. */
export function decideAfterFailure(
  failure: AttemptFailure,
  run: { failures: number; maxAttempts: number; retrySeconds: number },
): NextStep {
  if (failure.stopping) return { next: 'hand_back' };
  if (failure.permanent) return { next: 'give_up', because: 'permanent' };
  if (run.failures + 1 >= run.maxAttempts) return { next: 'give_up', because: 'exhausted' };
  return { next: 'retry', delaySeconds: Math.min(run.retrySeconds * 2 ** run.failures, longestDelaySeconds) };
}
