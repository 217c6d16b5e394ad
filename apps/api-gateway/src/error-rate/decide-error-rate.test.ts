import { countWithin, decideErrorRate } from './decide-error-rate';

const policy = { windowMs: 300_000, minimumRequests: 20, criticalPerMille: 10, calmPerMille: 5 };

describe('decideErrorRate', () => {
  it.each([
    ['more than one in a hundred fails', { requests: 1_000, errors: 11 }, 'critical'],
    ['one in a hundred fails', { requests: 1_000, errors: 10 }, 'unsure'],
    ['less fail, but not half as many as is too much', { requests: 1_000, errors: 6 }, 'unsure'],
    ['half as many fail as is too much', { requests: 1_000, errors: 5 }, 'calm'],
    ['all of too few fail', { requests: 19, errors: 19 }, 'unsure'],
    ['none of few fails', { requests: 3, errors: 0 }, 'calm'],
    ['there was no request', { requests: 0, errors: 0 }, 'calm'],
  ])('where %s', (_, counts, state) => {
    expect(decideErrorRate(counts, policy)).toEqual({ ...counts, state });
  });
});

describe('countWithin', () => {
  const samples = [0, 10, 20, 30].map((seconds) => ({
    atMs: seconds * 1_000,
    requests: seconds * 10,
    errors: seconds,
  }));

  it('counts from the last sample before the window, or from the first there is', () => {
    expect(countWithin(samples, 10_000)).toEqual({ requests: 100, errors: 10 });
    expect(countWithin(samples, 15_000)).toEqual({ requests: 200, errors: 20 });
    expect(countWithin(samples, 300_000)).toEqual({ requests: 300, errors: 30 });
    expect(countWithin([], 10_000)).toEqual({ requests: 0, errors: 0 });
  });
});
