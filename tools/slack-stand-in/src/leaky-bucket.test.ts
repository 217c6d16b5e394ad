import { pourIntoBucket, type BucketLevel } from './leaky-bucket';

const limit = { perSecond: 1, burst: 3 };

describe('pourIntoBucket', () => {
  const full: BucketLevel = { level: 3, atMs: 0 };

  it('takes a burst and then one message a second', () => {
    let bucket: BucketLevel = { level: 0, atMs: 0 };
    const outcomes = [0, 0, 0, 0, 999, 1_000, 1_001].map((nowMs) => {
      const poured = pourIntoBucket(bucket, limit, nowMs);
      if (poured.outcome === 'accepted') bucket = poured.bucket;
      return poured.outcome;
    });
    expect(outcomes).toEqual([
      'accepted',
      'accepted',
      'accepted',
      'limited',
      'limited',
      'accepted',
      'limited',
    ]);
  });

  it('says after how many whole seconds there is room again, and there is', () => {
    const refused = pourIntoBucket(full, { perSecond: 0.4, burst: 3 }, 0);
    expect(refused).toEqual({ outcome: 'limited', retryAfterSeconds: 3 });
    expect(pourIntoBucket(full, { perSecond: 0.4, burst: 3 }, 3_000).outcome).toBe('accepted');
  });

  it('is not filled by a clock that goes back', () => {
    expect(pourIntoBucket({ level: 1, atMs: 5_000 }, limit, 0)).toEqual({
      outcome: 'accepted',
      bucket: { level: 2, atMs: 0 },
    });
  });
});
