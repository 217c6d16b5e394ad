import { setTimeout as sleep } from 'node:timers/promises';

export type WaitUntilOptions = {
  /** Default 90 s: wide, because a deadline is there to end a hanging test, never to measure. */
  timeoutMs?: number;
  intervalMs?: number;
  /** What is waited for, as in "the alert is sent"; it is what the error says did not happen. */
  describe?: string;
};

type Truthy<T> = Exclude<T, false | 0 | '' | null | undefined>;

/**
 * Asks `fn` again and again until it returns something truthy, and returns that. An error that it throws counts as
 * "not yet". Rejects at the deadline and says what was waited for and what the last answer or error was.
 */
export async function waitUntil<T>(
  fn: () => T | Promise<T>,
  { timeoutMs = 90_000, intervalMs = 25, describe = 'the condition holds' }: WaitUntilOptions = {},
): Promise<Truthy<T>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const attempt = await tryOnce(fn);
    if ('value' in attempt && attempt.value) return attempt.value as Truthy<T>;
    if (Date.now() >= deadline) throw timedOut(attempt, describe, timeoutMs);
    await sleep(intervalMs);
  }
}

type Attempt<T> = { value: T } | { error: unknown };

async function tryOnce<T>(fn: () => T | Promise<T>): Promise<Attempt<T>> {
  try {
    return { value: await fn() };
  } catch (error) {
    return { error };
  }
}

function timedOut(attempt: Attempt<unknown>, describe: string, timeoutMs: number): Error {
  const message = `Waited ${timeoutMs / 1000} s until ${describe}, in vain`;
  if ('value' in attempt)
    return new Error(`${message}; the last answer was ${JSON.stringify(attempt.value)}.`);
  return new Error(`${message}; the last error was: ${String(attempt.error)}`, { cause: attempt.error });
}
