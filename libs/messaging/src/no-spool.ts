import { AppError } from '@swfx/errors';
import type { Spool } from './spool';

/**
 * The spool of a process that nothing comes after to drain it, such as an operator's command: it keeps nothing, and
 * what cannot reach Postgres now fails with `database_unavailable`, so that the act it tells of is not done either.
 */
export function createNoSpool(): Spool {
  return {
    async append() {
      throw new AppError(
        'database_unavailable',
        'nothing was done: the ops database does not answer, so that it could not be recorded; try again when it does',
      );
    },
    drain: async () => ({ taken: 0, parked: [] }),
    parked: () => 0,
    depth: () => 0,
    oldestAgeSeconds: () => 0,
  };
}
