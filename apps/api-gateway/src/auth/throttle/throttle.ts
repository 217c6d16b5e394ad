/**
 * How often one may try. Each attempt is counted before it is looked at, as if it had failed, so that many at once
 * are no way round; the one that succeeds, or was no fault of the caller, is given back. From the last free failure
 * on each further one locks for twice as long as the one before: a guesser gets a few tries an hour, and whoever
 * locks out somebody else on purpose has to keep at it.
 */
export interface ThrottleRule {
  /** Failures that cost nothing; with the last of them the first lock begins. */
  freeFailures: number;
  /** The first lock; each further is twice as long. */
  lockMs: number;
  lockMaxMs: number;
  /** After this long without an attempt everything is forgotten. */
  windowMs: number;
}

/** `lockMs`: the lock that began with this attempt, and ends with it should it succeed; 0 for none. */
export type Admitted = { outcome: 'admitted'; lockMs: number };
export type Attempt = Admitted | { outcome: 'locked'; waitMs: number };

export interface Throttle {
  attempt(key: string, rule: ThrottleRule): Promise<Attempt>;
  /**
   * Takes one attempt back, and the lock that began with it: nothing was learned from it. Otherwise whoever logs in
   * from an address at which others have failed would lock it for everybody there.
   */
  refund(key: string, rule: ThrottleRule, attempt: Admitted): Promise<void>;
  /** Begins anew. */
  forget(key: string): Promise<void>;
}
