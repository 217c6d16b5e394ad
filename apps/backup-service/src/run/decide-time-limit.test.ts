import { decideTimeLimit } from './decide-time-limit';

describe('decideTimeLimit', () => {
  it('is what is configured while there is no history', () => {
    expect(decideTimeLimit([], 3_600)).toBe(3_600);
    expect(decideTimeLimit([1, 1], 3_600)).toBe(3_600);
  });

  it('is five times the usual, between ten minutes and what is configured', () => {
    expect(decideTimeLimit([300, 200, 5_000], 21_600)).toBe(1_500);
    expect(decideTimeLimit([1, 2, 3], 21_600)).toBe(600);
    expect(decideTimeLimit([9_000, 9_000, 9_000], 21_600)).toBe(21_600);
    expect(decideTimeLimit([1, 2, 3], 60)).toBe(60);
  });

  it('is twice as long after each attempt that failed, up to what is configured', () => {
    expect([0, 1, 2, 9].map((failures) => decideTimeLimit([300, 300, 300], 7_000, failures))).toEqual([
      1_500, 3_000, 6_000, 7_000,
    ]);
  });
});
