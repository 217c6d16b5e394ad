import { ProgramError } from './program-error';

/**
 * Runs the parts of a pipeline to their end. The first that fails stops the others, every part is awaited (nothing is
 * left running or half closed), and the error thrown is the cause, not one of the broken pipes that follow from it.
 */
export async function runTogether(
  signal: AbortSignal,
  start: (signal: AbortSignal) => readonly Promise<unknown>[],
): Promise<void> {
  signal.throwIfAborted();
  const failed = new AbortController();
  const failures: unknown[] = [];
  const parts = startAll(start, signal, failed).map((part) =>
    part.catch((error: unknown) => {
      failures.push(error);
      failed.abort(error);
    }),
  );
  await Promise.all(parts);
  signal.throwIfAborted();
  if (failures.length > 0) throw failures.find((failure) => !isConsequence(failure)) ?? failures[0];
}

/** What was started before one could not be must not be left running. */
function startAll(
  start: (signal: AbortSignal) => readonly Promise<unknown>[],
  signal: AbortSignal,
  failed: AbortController,
): readonly Promise<unknown>[] {
  try {
    return start(AbortSignal.any([signal, failed.signal]));
  } catch (error) {
    failed.abort(error);
    throw error;
  }
}

const streamConsequences = new Set([
  'EPIPE',
  'ECONNRESET',
  'ABORT_ERR',
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
]);

/** Whether an error only tells that another part of the pipeline is gone. */
export function isConsequence(error: unknown): boolean {
  if (error instanceof ProgramError)
    return (
      error.signal === 'SIGTERM' ||
      error.signal === 'SIGPIPE' ||
      /broken pipe|connection reset by peer/i.test(error.stderr)
    );
  return streamConsequences.has(String((error as { code?: unknown } | null)?.code));
}
