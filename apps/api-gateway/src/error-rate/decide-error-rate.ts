/**
 * Whether too many requests fail, by what a gateway counted itself over a window. It needs a minimum of requests to
 * call it critical, and half of the share, as configured, to call it over: a rate that swings about its threshold is one
 * incident. Between the two, or with too few requests to tell, what was so stays so.
 */

/** Requests, and those of them that were answered with 5xx. */
export interface RequestCounts {
  requests: number;
  errors: number;
}

/** Counts since the start of the process, as they were at a time of a clock that never goes back. */
export interface CountedAt extends RequestCounts {
  atMs: number;
}

export interface ErrorRatePolicy {
  windowMs: number;
  minimumRequests: number;
  criticalPerMille: number;
  calmPerMille: number;
}

export type ErrorRate = RequestCounts & { state: 'critical' | 'calm' | 'unsure' };

/** What was counted within the window before the newest sample; `samples` are in their order. */
export function countWithin(samples: readonly CountedAt[], windowMs: number): RequestCounts {
  const newest = samples.at(-1);
  const since = (newest?.atMs ?? 0) - windowMs;
  const before = samples.findLast(({ atMs }) => atMs <= since) ?? samples[0];
  if (!newest || !before) return { requests: 0, errors: 0 };
  return { requests: newest.requests - before.requests, errors: newest.errors - before.errors };
}

export function decideErrorRate(counts: RequestCounts, policy: ErrorRatePolicy): ErrorRate {
  const { requests, errors } = counts;
  const isEnough = requests >= policy.minimumRequests;
  if (isEnough && errors * 1_000 > requests * policy.criticalPerMille)
    return { ...counts, state: 'critical' };
  const isCalm = isEnough ? errors * 1_000 <= requests * policy.calmPerMille : errors === 0;
  return { ...counts, state: isCalm ? 'calm' : 'unsure' };
}
