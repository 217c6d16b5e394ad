export type CopyRetry = {
  state: 'pending' | 'failed';
  delaySeconds: number;
  /** Whether this is the moment to tell people. */
  tell: boolean;
};

const longestDelaySeconds = 3_600;

/**
 * How a copy goes on after an attempt that failed. It waits twice as long each time, up to an hour, and is called failed
 * after so many attempts, which people are told once; it is tried every hour all the same, so that a storage that comes
 * back is enough.
 */
export function decideCopyRetry(
  copy: { attempt: number; state: 'pending' | 'failed' },
  policy: { maxAttempts: number; retrySeconds: number },
): CopyRetry {
  const exhausted = copy.attempt >= policy.maxAttempts;
  const delaySeconds = exhausted
    ? longestDelaySeconds
    : Math.min(policy.retrySeconds * 2 ** (copy.attempt - 1), longestDelaySeconds);
  const state = exhausted || copy.state === 'failed' ? 'failed' : 'pending';
  return { state, delaySeconds, tell: state === 'failed' && copy.state !== 'failed' };
}
