import { decideCopyRetry } from './decide-copy-retry';

const policy = { maxAttempts: 3, retrySeconds: 30 };

describe('decideCopyRetry', () => {
  it('tries again, each time after twice as long, and tells nobody yet', () => {
    expect(decideCopyRetry({ attempt: 1, state: 'pending' }, policy)).toEqual({
      state: 'pending',
      delaySeconds: 30,
      tell: false,
    });
    expect(decideCopyRetry({ attempt: 2, state: 'pending' }, policy)).toMatchObject({ delaySeconds: 60 });
  });

  it('is called failed after the last attempt, which is told once, and tried every hour', () => {
    const failed = { state: 'failed', delaySeconds: 3_600 };
    expect(decideCopyRetry({ attempt: 3, state: 'pending' }, policy)).toEqual({ ...failed, tell: true });
    expect(decideCopyRetry({ attempt: 4, state: 'failed' }, policy)).toEqual({ ...failed, tell: false });
  });

  it('waits an hour at most', () => {
    const patient = { maxAttempts: 20, retrySeconds: 30 };
    expect(decideCopyRetry({ attempt: 15, state: 'pending' }, patient)).toMatchObject({
      delaySeconds: 3_600,
    });
  });
});
