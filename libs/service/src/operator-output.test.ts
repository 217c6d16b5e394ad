import { formatTable } from './operator-output';

const columns = {
  NAME: (row: { name: string; size: number | null }) => row.name,
  SIZE: (row: { name: string; size: number | null }) => row.size,
};

describe('formatTable', () => {
  it('aligns columns, numbers to the right, and shows a dash for nothing', () => {
    const rows = [
      { name: 'platform', size: 5 },
      { name: 'a', size: 1024 },
      { name: 'none', size: null },
    ];
    expect(formatTable(rows, columns).split('\n')).toEqual([
      'NAME      SIZE',
      'platform     5',
      'a         1024',
      'none         –',
    ]);
  });

  it('measures what is seen of a coloured cell', () => {
    const text = formatTable([{ state: '\u001b[32mup\u001b[39m' }], {
      STATE: (row) => row.state,
      END: () => 'x',
    });
    expect(text).toBe('STATE  END\n\u001b[32mup\u001b[39m     x');
  });

  it('keeps a row on one line', () => {
    expect(formatTable([{ name: 'a\nb', size: 1 }], columns)).toBe('NAME  SIZE\na b      1');
  });
});
