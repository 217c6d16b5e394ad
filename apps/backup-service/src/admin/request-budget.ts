import { AppError } from '@swfx/errors';

/** How much one caller may ask. */
export interface RequestBudget {
  /** Takes a request from the caller's budget; throws `too_many_requests` when it is spent. */
  spend(subject: string): void;
}

const windowMs = 60_000;

/**
 * So many requests a minute for each caller. A replica counts for itself, in memory: this keeps a script that runs wild
 * from the ops database, and guards nothing else.
 */
export function createRequestBudget(
  perMinute: number,
  now: () => number = () => performance.now(),
): RequestBudget {
  let begunAt = now();
  let spent = new Map<string, number>();
  return {
    spend(subject) {
      const at = now();
      if (at - begunAt >= windowMs) {
        begunAt = at;
        spent = new Map();
      }
      const count = (spent.get(subject) ?? 0) + 1;
      spent.set(subject, count);
      if (count <= perMinute) return;
      throw new AppError('too_many_requests', `more than ${perMinute} requests in a minute`, {
        retryAfterSeconds: Math.max(1, Math.ceil((begunAt + windowMs - at) / 1000)),
      });
    },
  };
}
