import { AppError } from '@swfx/errors';

/** Runs expensive work, a little at once. */
export interface BoundedWork {
  /** Runs work when it is its turn; throws `overloaded` at once when too much waits already. */
  run<T>(work: () => Promise<T>): Promise<T>;
}

/** Lets `atOnce` pieces of work run and `waiting` more wait, first come first served. */
export function createBoundedWork(limits: { atOnce: number; waiting: number }): BoundedWork {
  const queue: (() => void)[] = [];
  let running = 0;

  function turn(): Promise<void> | undefined {
    if (running < limits.atOnce) return void (running += 1);
    if (queue.length >= limits.waiting)
      throw new AppError('overloaded', 'too many requests of this kind wait already', {
        retryAfterSeconds: 1,
      });
    return new Promise((resolve) => queue.push(resolve));
  }
  function pass(): void {
    const next = queue.shift();
    if (next) next();
    else running -= 1;
  }
  return {
    async run(work) {
      await turn();
      try {
        return await work();
      } finally {
        pass();
      }
    },
  };
}
