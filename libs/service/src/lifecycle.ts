import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';

export interface Lifecycle {
  /** Registers how to undo what was just acquired. Undone last in, first out, each within its limit. */
  onStop(name: string, undo: () => void | Promise<void>, limitMs?: number): void;
  /** Undoes everything; calling it again waits for the first call. */
  stop(): Promise<void>;
}

/** The stack of undos of one service: a failed start and a normal stop unwind it the same way. */
export function createLifecycle(logger: Logger): Lifecycle {
  const undos: { name: string; undo: () => void | Promise<void>; limitMs: number }[] = [];
  let stopped: Promise<void> | undefined;

  async function unwind(): Promise<void> {
    for (let step = undos.pop(); step; step = undos.pop()) {
      try {
        await limited(Promise.resolve().then(step.undo), step.limitMs);
      } catch (error) {
        logger.warn('A part did not stop cleanly', { part: step.name, error: errorMessage(error) });
      }
    }
  }
  return {
    onStop: (name, undo, limitMs = 10_000) => void undos.push({ name, undo, limitMs }),
    stop: () => (stopped ??= unwind()),
  };
}

async function limited(work: Promise<void>, limitMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${limitMs} ms`)), limitMs);
  });
  await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
