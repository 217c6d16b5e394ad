import fc from 'fast-check';
import { partBytes } from './part-bytes';

const reach = (expected: number) => {
  let total = 0;
  for (let number = 1; number <= 1_000; number += 1) total += partBytes(number, expected);
  return total;
};
const terabyte = 1e12;

describe('partBytes', () => {
  it('gets three times what was expected, and 30 GB at least, into the 1,000 parts that every provider takes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: terabyte }), (expected) => {
        expect(reach(expected)).toBeGreaterThan(Math.max(3 * expected, 30e9));
      }),
    );
  });

  it('never makes a part that S3 refuses for its size', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 10_000 }),
        fc.integer({ min: 0, max: 4 * terabyte }),
        (number, expected) => {
          const bytes = partBytes(number, expected);
          expect(bytes).toBeGreaterThanOrEqual(5 * 2 ** 20);
          expect(bytes).toBeLessThanOrEqual(5 * 2 ** 30);
        },
      ),
    );
  });
});
