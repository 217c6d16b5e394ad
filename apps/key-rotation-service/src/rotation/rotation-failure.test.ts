import { AppError } from '@swfx/errors';
import { classifyFailure, maximumAttempts } from './rotation-failure';

const refused = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });

describe('classifyFailure', () => {
  it('tries again after a growing pause, and gives up after the last attempt', () => {
    const pauses = Array.from({ length: maximumAttempts }, (_, index) => {
      return classifyFailure(refused(), index + 1).retryInSeconds;
    });
    expect(pauses).toEqual([1, 4, 10, 20, undefined]);
  });

  it('does not try again what only a person can mend', () => {
    const codes = [
      'key_encryption_key_missing',
      'sealed_key_corrupt',
      'key_set_refused',
      'rotation_failure_simulated',
    ] as const;
    const failures = codes.map((code) => classifyFailure(new AppError(code, 'it is so'), 1));
    expect(failures.map(({ reason }) => reason)).toEqual([
      'seal_failed',
      'seal_failed',
      'empty_set',
      'simulated',
    ]);
    for (const { retryInSeconds } of failures) expect(retryInSeconds).toBeUndefined();
  });

  it('tells an unreachable database from a defect', () => {
    expect(classifyFailure(refused(), 1).reason).toBe('database_unavailable');
    expect(classifyFailure(new TypeError('x is undefined'), 1)).toEqual({
      reason: 'internal',
      error: 'x is undefined',
      retryInSeconds: 1,
    });
  });
});
