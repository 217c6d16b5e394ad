import { isDatabaseUnavailable } from '@swfx/database';
import { AppError, errorMessage } from '@swfx/errors';
import type { rotationFailureReasons } from '@swfx/audit';

export type RotationFailureReason = (typeof rotationFailureReasons)[number];

/** What to make of a failed attempt: its closed reason, and when to try again if that can help. */
export interface RotationFailure {
  reason: RotationFailureReason;
  error: string;
  /** Undefined when the request is given up. */
  retryInSeconds: number | undefined;
}

/** Pauses before the second, third … attempt, in seconds: together longer than a dead rotator's lock lasts by default. */
const pausesSeconds = [1, 4, 10, 20];

export const longestPauseSeconds = Math.max(...pausesSeconds);

/** How often a request is tried before it is given up; the next tick of the schedule is another request. */
export const maximumAttempts = pausesSeconds.length + 1;

/** The pause after the given number of attempts, in seconds; undefined when there were enough. */
export function pauseAfter(attempts: number): number | undefined {
  return pausesSeconds[attempts - 1];
}

/** Classifies what an attempt threw. What only a person can mend is not tried again. */
export function classifyFailure(thrown: unknown, attempts: number): RotationFailure {
  const reason = reasonOf(thrown);
  const transient = reason === 'database_unavailable' || reason === 'internal';
  return {
    reason,
    error: errorMessage(thrown),
    retryInSeconds: transient ? pauseAfter(attempts) : undefined,
  };
}

function reasonOf(thrown: unknown): RotationFailureReason {
  if (isDatabaseUnavailable(thrown)) return 'database_unavailable';
  if (!(thrown instanceof AppError)) return 'internal';
  switch (thrown.code) {
    case 'key_encryption_key_missing':
    case 'sealed_key_corrupt':
      return 'seal_failed';
    case 'key_set_refused':
      return 'empty_set';
    case 'key_set_forged':
      return 'forged_set';
    case 'rotation_failure_simulated':
      return 'simulated';
    default:
      return 'internal';
  }
}
