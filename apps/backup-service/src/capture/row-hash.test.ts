import { newestVersion, rowExpression, rowHash } from './row-hash';

const bigint = 20;
const text = 25;
const integer = 23;
const interval = 1186;
const mood = 70_000;

describe('rowExpression', () => {
  const columns = [
    { name: 'a "b"', type: bigint },
    { name: 'c', type: interval },
    { name: 'd', type: text },
    { name: 'e', type: mood },
    { name: 'f', type: integer },
  ];

  it('of version 1 is the text of the whole row', () => {
    expect(rowExpression(columns, 1)).toBe(`ROW("a ""b""", "c", "d", "e", "f")::text COLLATE "C"`);
  });

  it('of version 2 takes each column as its type allows, and what it does not know as text', () => {
    expect(rowExpression(columns, 2)).toBe(
      `ROW(int8send("a ""b"""), "d" COLLATE "C", "f", ROW("c", "e")::text COLLATE "C")`,
    );
  });

  it('is there for a table without columns', () => {
    expect(rowExpression([], 2)).toBe('ROW()');
  });
});

describe('rowHash', () => {
  it('of version 2 is more than a sum over the columns, in which two rows could swap a value', () => {
    expect(rowHash(2, 1)).toBe(`hashtextextended('' COLLATE "C", hash_record_extended(line, 1))`);
  });
  it('is the old one where a server cannot hash a record', () => {
    expect([13, 14].map(newestVersion)).toEqual([1, 2]);
  });
});
