import fc from 'fast-check';
import { planSlices, sliceCondition } from './plan-slices';

describe('planSlices', () => {
  it('reads a short table, an empty one, and one that cannot be cut, in one piece', () => {
    for (const pages of [undefined, 0, 5])
      expect(planSlices({ pages, bytes: 40_000 }, 1_000_000)).toEqual([{ from: 0, to: undefined }]);
  });

  it('cuts by all that the table takes, long values beside it too', () => {
    expect(planSlices({ pages: 10, bytes: 1_000_000 }, 400_000)).toEqual([
      { from: 0, to: 4 },
      { from: 4, to: 8 },
      { from: 8, to: undefined },
    ]);
  });

  it('leaves nothing out and reads nothing twice', () => {
    const lengths = fc.record({ pages: fc.nat(300), bytes: fc.nat(1e8) });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 1e7 }), (table, sliceBytes) => {
        const slices = planSlices(table, sliceBytes);
        const ends = [0, ...slices.map(({ to }) => to)];
        expect(slices.map(({ from }) => from)).toEqual(ends.slice(0, -1));
        expect(ends.at(-1)).toBeUndefined();
      }),
    );
  });
});

describe('sliceCondition', () => {
  it.each([
    [{ from: 0, to: undefined }, ''],
    [{ from: 0, to: 8 }, `WHERE ctid < '(8,0)'`],
    [{ from: 8, to: 16 }, `WHERE ctid >= '(8,0)' AND ctid < '(16,0)'`],
    [{ from: 16, to: undefined }, `WHERE ctid >= '(16,0)'`],
  ])('of %j', (slice, condition) => expect(sliceCondition(slice)).toBe(condition));
});
