import { decideAfterFailure, type AttemptFailure } from './decide-after-failure';

const failure: AttemptFailure = {
  reason: 'dump_failed',
  error: 'it broke',
  permanent: false,
  stopping: false,
};
const run = { failures: 0, maxAttempts: 3, retrySeconds: 30 };

describe('decideAfterFailure', () => {
  it('tries again, each time after twice as long', () => {
    expect(decideAfterFailure(failure, run)).toEqual({ next: 'retry', delaySeconds: 30 });
    expect(decideAfterFailure(failure, { ...run, failures: 1 })).toEqual({ next: 'retry', delaySeconds: 60 });
  });
  it('waits an hour at most', () => {
    const patient = { ...run, failures: 15, maxAttempts: 20 };
    expect(decideAfterFailure(failure, patient)).toEqual({ next: 'retry', delaySeconds: 3_600 });
  });
  it('gives up after the last attempt', () => {
    expect(decideAfterFailure(failure, { ...run, failures: 2 })).toEqual({
      next: 'give_up',
      because: 'exhausted',
    });
  });
  it('gives up at once where trying again cannot help', () => {
    expect(decideAfterFailure({ ...failure, permanent: true }, run)).toEqual({
      next: 'give_up',
      because: 'permanent',
    });
  });
  it('hands the run back when the service stops, even at its last attempt', () => {
    expect(decideAfterFailure({ ...failure, stopping: true }, { ...run, failures: 2 })).toEqual({
      next: 'hand_back',
    });
  });
});
