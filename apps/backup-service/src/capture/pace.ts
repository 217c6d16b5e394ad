import { setTimeout as sleep } from 'node:timers/promises';

/** Holds readers to a budget that they share. */
export interface Pace {
  /** Resolves when so many bytes may be read. */
  admit(bytes: number): Promise<void>;
}

export interface Clock {
  /** Milliseconds, from whenever. */
  now(): number;
  wait(ms: number): Promise<void>;
}

/** What is read is paid for afterwards: a reader waits until all that was admitted before it is. */
export function createPace(bytesPerSecond: number | undefined, clock: Clock): Pace {
  let paidAt = clock.now();
  return {
    async admit(bytes) {
      if (bytesPerSecond === undefined) return;
      const now = clock.now();
      const mayBegin = Math.max(now, paidAt);
      paidAt = mayBegin + (1000 * bytes) / bytesPerSecond;
      if (mayBegin > now) await clock.wait(mayBegin - now);
    },
  };
}

/** The machine's own clock; waiting ends when the work is given up. */
export function realClock(signal: AbortSignal): Clock {
  return {
    now: () => performance.now(),
    wait: (ms) => sleep(ms, undefined, { signal }),
  };
}
