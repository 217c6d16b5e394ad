import { backOffSeconds } from './back-off';
import { decideAfterAttempt } from './decide-after-attempt';

const most = () => 1;
const first = { number: 1, format: 'blocks', rejections: 0 } as const;

describe('decideAfterAttempt', () => {
  it('is done when Slack has taken the message', () => {
    expect(decideAfterAttempt({ outcome: 'delivered' }, first, most)).toEqual({
      state: 'sent',
      thread: null,
    });
  });

  it('holds the whole destination for as long as Slack asks', () => {
    const verdict = { outcome: 'rate_limited', detail: 'd', afterSeconds: 30 } as const;
    expect(decideAfterAttempt(verdict, first, most)).toMatchObject({
      state: 'pending',
      reason: 'rate_limited',
      afterSeconds: 30,
      holdSeconds: 30,
    });
    expect(decideAfterAttempt({ ...verdict, afterSeconds: 1e9 }, first, most)).toMatchObject({
      holdSeconds: 86_400,
    });
  });

  it('retries only this message after a failure that may pass', () => {
    const verdict = { outcome: 'retry', reason: 'timeout', detail: 'd', unsent: false } as const;
    expect(decideAfterAttempt(verdict, { ...first, number: 3 }, most)).toMatchObject({
      state: 'pending',
      reason: 'timeout',
      afterSeconds: 4,
      certain: false,
      holdSeconds: 0,
    });
  });

  it('never gives up a message because the webhook takes none', () => {
    const verdict = { outcome: 'refused', reason: 'rejected', detail: 'd' } as const;
    expect(decideAfterAttempt(verdict, { ...first, rejections: 50 }, most)).toMatchObject({
      state: 'pending',
      reason: 'rejected',
      holdSeconds: 300,
    });
  });

  it('sends a refused message once more as plain text, and then gives it up', () => {
    const verdict = { outcome: 'refused', reason: 'payload', detail: 'd' } as const;
    expect(decideAfterAttempt(verdict, first, most)).toMatchObject({
      state: 'pending',
      format: 'plain',
      afterSeconds: 0,
    });
    expect(decideAfterAttempt(verdict, { number: 2, format: 'plain', rejections: 0 }, most)).toEqual({
      state: 'dead',
      reason: 'payload',
      detail: 'd',
    });
  });
});

describe('backOffSeconds', () => {
  it('doubles up to five minutes, at least half of it', () => {
    expect([1, 2, 3, 10, 1_000].map((attempt) => backOffSeconds(attempt, 1, most))).toEqual([
      1, 2, 4, 300, 300,
    ]);
    expect(backOffSeconds(3, 1, () => 0)).toBe(2);
  });
});
