import { parseBehaviour, takeNext, type ScriptedAnswer } from './behaviour';

describe('parseBehaviour', () => {
  it.each([
    {},
    { next: [] },
    {
      next: [
        { status: 429, retryAfter: 2 },
        { status: 500, times: 3 },
        { error: 'channel_not_found' },
        { hangMs: 50 },
        { reset: true },
        { loseAnswer: true },
      ],
    },
    { rateLimit: null },
    { rateLimit: { perSecond: 1, burst: 5 } },
  ])('takes %j', (behaviour) => {
    expect(parseBehaviour(behaviour)).toEqual({ ok: true, behaviour });
  });

  it.each([
    null,
    { then: [] },
    { next: {} },
    { next: [{}] },
    { next: [{ status: 99 }] },
    { next: [{ status: 500, hangMs: 5 }] },
    { next: [{ reset: false }] },
    { next: [{ hangMs: 1, times: 0 }] },
    { rateLimit: { perSecond: 0, burst: 1 } },
  ])('refuses %j', (behaviour) => {
    expect(parseBehaviour(behaviour)).toMatchObject({ ok: false });
  });
});

describe('takeNext', () => {
  it('gives an answer as often as it is ordered, then the next, then none', () => {
    let next: ScriptedAnswer[] = [{ status: 500, times: 2 }, { reset: true }];
    const given = Array.from({ length: 4 }, () => {
      const { answer, rest } = takeNext(next);
      next = rest;
      return answer && ('status' in answer ? answer.status : 'reset');
    });
    expect(given).toEqual([500, 500, 'reset', undefined]);
  });
});
