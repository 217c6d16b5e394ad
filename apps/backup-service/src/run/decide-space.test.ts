import { decideSpace } from './decide-space';

describe('decideSpace', () => {
  it('asks for half as much again as the last backup took', () => {
    expect(decideSpace({ freeBytes: 1_501, lastSizeBytes: 1_000 })).toEqual({ enough: true });
    expect(decideSpace({ freeBytes: 1_500, lastSizeBytes: 1_000 }).enough).toBe(false);
  });
  it('says how much is free and how much the last one took', () => {
    expect(decideSpace({ freeBytes: 1e6, lastSizeBytes: 5e6 })).toMatchObject({
      reason: expect.stringMatching(/1\.0 MB free.*5\.0 MB/),
    });
  });
  it('lets a first backup begin wherever anything is free', () => {
    expect(decideSpace({ freeBytes: 1, lastSizeBytes: undefined }).enough).toBe(true);
    expect(decideSpace({ freeBytes: 0, lastSizeBytes: undefined }).enough).toBe(false);
  });
  it('does not ask a storage without a limit', () => {
    expect(decideSpace({ freeBytes: undefined, lastSizeBytes: 1e15 }).enough).toBe(true);
  });
});
