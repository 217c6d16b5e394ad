import type { Manifest } from '../seal/manifest';
import { compareContent } from './compare-content';

const sums = (value: string): [string, string] => [value, value];
const table = (name: string, rows: number, value = '1') => ({
  schema: 'public',
  name,
  rows,
  sums: sums(value),
});
const at = (value: string, called = true) => ({ value, called });
const noObjects = { objects: 0, sums: sums('0') };

function compare(
  dumped: { tables?: Manifest['tables']; content?: Partial<NonNullable<Manifest['content']>> },
  restored: Parameters<typeof compareContent>[1]['content'] | object,
  tables = dumped.tables ?? [],
) {
  const content = { sequences: [], large_objects: noObjects, schema: [], excluded: [], ...dumped.content };
  const manifest = {
    tables: dumped.tables ?? [],
    content,
    source: { properties: null },
  } as unknown as Manifest;
  const found = {
    sequences: [],
    largeObjects: noObjects,
    schema: [],
    excluded: [],
    ...restored,
  };
  return compareContent(manifest, { tables, content: found });
}

describe('compareContent', () => {
  it('finds tables equal in whatever order', () => {
    expect(compare({ tables: [table('a', 1), table('b', 2)] }, {}, [table('b', 2), table('a', 1)])).toEqual({
      equal: true,
    });
  });

  it('names each table that is missing, extra, of another length or of other values', () => {
    const dumped = [table('a', 1), table('b', 2), table('d', 4)];
    expect(compare({ tables: dumped }, {}, [table('b', 1), table('c', 0), table('d', 4, '2')])).toEqual({
      equal: false,
      differences: [
        '"public"."a" is missing',
        '"public"."b" has 1 rows, 2 were dumped',
        '"public"."d" has other values in its 4 rows than were dumped',
        '"public"."c" was not dumped',
      ],
    });
  });

  it.each([
    ['where it was', at('5'), at('5'), at('5'), true],
    ['one further', at('5'), at('5'), at('6'), false],
    ['at the same value, not given out yet', at('5'), at('5'), at('5', false), false],
    ['between two readings while others drew numbers', at('5'), at('9'), at('7'), true],
    ['at the later of two readings', at('5', false), at('9'), at('9'), true],
    ['beyond the later reading', at('5'), at('9'), at('10'), false],
    ['between two readings of one that counts down', at('-5'), at('-9'), at('-6'), true],
    ['beyond 2^53', at('9007199254740993'), at('9007199254740993'), at('9007199254740992'), false],
  ])('judges a sequence %s', (_, ...[before, after, found, equal]) => {
    const name = { schema: 'public', name: 's' };
    const result = compare(
      { content: { sequences: [{ ...name, before, after }] } },
      { sequences: [{ ...name, ...found }] },
    );
    expect(result.equal).toBe(equal);
  });

  it('says in words which privilege, definition, comment or setting is not the same', () => {
    const fact = (kind: string, object: string, value: string) => ({ kind, object, value });
    const schema = [
      fact('privileges', 't', 'a'),
      fact('definition', 't', 'a'),
      fact('comment', 't', 'a'),
      fact('exists', 'extension x', ''),
    ];
    expect(compare({ content: { schema } }, { schema: [fact('privileges', 't', 'b')] })).toEqual({
      equal: false,
      differences: [
        'the privileges on t differ',
        't is defined otherwise',
        'the comment on t differs',
        'extension x is missing',
      ],
    });
  });
});
