import { checkSteps, summary } from './run-checks';

describe('summary', () => {
  it('is one line when everything passed', () => {
    expect(summary([], 8, 125_000)).toBe('All 8 steps passed in 2 min 5 s.');
  });

  it('names what failed', () => {
    expect(summary(['lint', 'build'], 8, 1_000)).toBe('2 of 8 steps failed (lint, build) in 0 min 1 s.');
  });
});

describe('checkSteps', () => {
  it('needs only steps that run before', () => {
    const names = checkSteps.map(({ name }) => name);
    const outOfOrder = checkSteps.filter(
      ({ needs, name }) => needs && names.indexOf(needs) >= names.indexOf(name),
    );
    expect(outOfOrder).toEqual([]);
  });
});
