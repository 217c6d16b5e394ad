import { estimateProgress } from './estimate-progress';

describe('estimateProgress', () => {
  it('tells rate, share and what is left by the last dump', () => {
    expect(estimateProgress({ dumpedBytes: 250, elapsedSeconds: 5, expectedBytes: 1000 })).toEqual({
      bytesPerSecond: 50,
      ratio: 0.25,
      secondsLeft: 15,
    });
  });

  it('tells the rate alone where there was no dump before, or a smaller one', () => {
    const unknown = { bytesPerSecond: 50, ratio: undefined, secondsLeft: undefined };
    expect(estimateProgress({ dumpedBytes: 250, elapsedSeconds: 5, expectedBytes: null })).toEqual(unknown);
    expect(estimateProgress({ dumpedBytes: 250, elapsedSeconds: 5, expectedBytes: 200 })).toEqual(unknown);
  });

  it('tells nothing before it has begun', () => {
    expect(estimateProgress({ dumpedBytes: 0, elapsedSeconds: 5, expectedBytes: 1 })).toBeUndefined();
    expect(estimateProgress({ dumpedBytes: 5, elapsedSeconds: 0, expectedBytes: 1 })).toBeUndefined();
  });
});
