/** How many messages may be posted at once, and how many seconds one more takes. */
export const bucket = { burst: 5, secondsPerToken: 1 } as const;

/** A bucket as it was left. */
export interface TokenBucket {
  tokens: number;
  at: Date;
}

/** What is in the bucket now: one token a second, five at most. A clock that was set back adds nothing and takes nothing. */
export function tokensAt({ tokens, at }: TokenBucket, now: Date): number {
  const elapsedSeconds = Math.max(0, (now.getTime() - at.getTime()) / 1000);
  return Math.min(bucket.burst, tokens + elapsedSeconds / bucket.secondsPerToken);
}
