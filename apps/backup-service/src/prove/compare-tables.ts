import { quoted, type TableRows } from '../capture/list-tables';

export type Comparison = { equal: true } | { equal: false; differences: string[] };

/** Compares the tables of a restored database, and how many rows each has, with those of the dumped snapshot. */
export function compareTables(dumped: readonly TableRows[], restored: readonly TableRows[]): Comparison {
  const found = new Map(restored.map((table) => [quoted(table), table.rows]));
  const expected = new Set(dumped.map(quoted));
  const differences = [
    ...dumped.flatMap((table) => difference(table, found.get(quoted(table)))),
    ...restored
      .filter((table) => !expected.has(quoted(table)))
      .map((table) => `${quoted(table)} was not dumped`),
  ];
  return differences.length === 0 ? { equal: true } : { equal: false, differences };
}

function difference(dumped: TableRows, restoredRows: number | undefined): string[] {
  if (restoredRows === undefined) return [`${quoted(dumped)} is missing`];
  if (restoredRows === dumped.rows) return [];
  return [`${quoted(dumped)} has ${restoredRows} rows, ${dumped.rows} were dumped`];
}
