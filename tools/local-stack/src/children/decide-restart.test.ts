import { decideRestart } from './decide-restart';

describe('decideRestart', () => {
  it('starts a child that dies now and then at once, however often that was', () => {
    const deaths = [0, 70_000, 140_000, 210_000, 280_000, 350_000];
    expect(decideRestart(deaths, 350_000)).toEqual({ action: 'restart', delayMs: 200 });
  });

  it('waits longer before each restart within a minute', () => {
    expect(decideRestart([1, 2, 3], 4)).toEqual({ action: 'restart', delayMs: 800 });
  });

  it('gives up at the fifth death within a minute', () => {
    expect(decideRestart([1, 2, 3, 4, 5], 6)).toEqual({ action: 'give-up' });
  });
});
