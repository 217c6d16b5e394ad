/** Slack's limit on a webhook: about one message a second, with room for a short burst. */
export type RateLimit = { perSecond: number; burst: number };

/** How full the bucket was, and when. */
export type BucketLevel = { level: number; atMs: number };

type Poured =
  { outcome: 'accepted'; bucket: BucketLevel } | { outcome: 'limited'; retryAfterSeconds: number };

/** Decides whether one more message fits; a refused one does not count. Retry-After is in whole seconds. */
export function pourIntoBucket(bucket: BucketLevel, limit: RateLimit, nowMs: number): Poured {
  const leaked = (Math.max(0, nowMs - bucket.atMs) / 1_000) * limit.perSecond;
  const level = Math.max(0, bucket.level - leaked);
  if (level + 1 <= limit.burst) return { outcome: 'accepted', bucket: { level: level + 1, atMs: nowMs } };
  return {
    outcome: 'limited',
    retryAfterSeconds: Math.max(1, Math.ceil((level + 1 - limit.burst) / limit.perSecond)),
  };
}
