import { findAnomalies } from './find-anomalies';
import { median } from './median';

const past = (change = {}) => ({
  sizeBytes: 1000,
  durationSeconds: 1,
  rows: 100,
  tables: { 'public.a': 90, 'public.b': 10, 'public.empty': 0 },
  ...change,
});
const history = [past(), past({ sizeBytes: 1100 }), past({ sizeBytes: 900 })];

describe('findAnomalies', () => {
  it('finds nothing unusual within half of the median, nor without a history', () => {
    expect(findAnomalies(past({ sizeBytes: 1500, rows: 50 }), history)).toEqual([]);
    expect(findAnomalies(past({ sizeBytes: 1 }), history.slice(0, 2))).toEqual([]);
  });

  it('names a size and a number of rows that are far from the last ones', () => {
    expect(findAnomalies(past({ sizeBytes: 400, rows: 151 }), history)).toEqual([
      'it takes 400 B, and the last ones took 1.0 kB',
      'it has 151 rows, and the last ones had 100',
    ]);
  });

  it('names each table that has lost all its rows, or is gone', () => {
    expect(findAnomalies(past({ tables: { 'public.a': 0, 'public.empty': 0 } }), history)).toEqual([
      'public.a has no rows any more, and had 90 the last time',
      'public.b has no rows any more, and had 10 the last time',
    ]);
  });
});

describe('median', () => {
  it.each([
    [[], 0],
    [[3], 3],
    [[4, 1], 2.5],
    [[9, 1, 2], 2],
  ])('of %j is %d', (numbers, middle) => {
    expect(median(numbers)).toBe(middle);
  });
});
