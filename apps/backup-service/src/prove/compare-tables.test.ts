import { compareTables } from './compare-tables';

const table = (name: string, rows: number) => ({ schema: 'public', name, rows });

describe('compareTables', () => {
  it('finds equal what is equal, in whatever order', () => {
    const dumped = [table('a', 1), table('b', 0)];
    expect(compareTables(dumped, [...dumped].reverse())).toEqual({ equal: true });
  });
  it('names a table with a row too few, one that is missing and one too many', () => {
    const comparison = compareTables([table('a', 2), table('b', 0)], [table('a', 1), table('c', 0)]);
    expect(comparison).toEqual({
      equal: false,
      differences: [
        '"public"."a" has 1 rows, 2 were dumped',
        '"public"."b" is missing',
        '"public"."c" was not dumped',
      ],
    });
  });
  it('does not take one name for another that merely joins to the same', () => {
    const dumped = [{ schema: 'a.b', name: 'c', rows: 1 }];
    expect(compareTables(dumped, [{ schema: 'a', name: 'b.c', rows: 1 }]).equal).toBe(false);
  });
});
