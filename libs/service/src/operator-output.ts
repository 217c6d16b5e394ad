import { userInfo } from 'node:os';
import { stripVTControlCharacters, styleText } from 'node:util';

/** A table's columns: a title, and what stands under it for a row. Nothing (null, undefined) is shown as a dash. */
export type Columns<Row> = Record<string, (row: Row) => string | number | null | undefined>;

export interface OutputOptions {
  /** For programs: the rows as one JSON document instead of a table. */
  json?: boolean | undefined;
  /** What people read instead of a table without rows. */
  empty?: string;
}

/** Prints rows on standard output: aligned columns for people, JSON for programs. */
export function printTable<Row>(rows: readonly Row[], columns: Columns<Row>, options: OutputOptions): void {
  if (options.json) return printJson(rows);
  const text = rows.length === 0 && options.empty ? options.empty : formatTable(rows, columns);
  process.stdout.write(`${text}\n`);
}

/** Prints one JSON document on standard output. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** Rows as text in aligned columns, numbers to the right; cells may be coloured, and titles are on a terminal. */
export function formatTable<Row>(rows: readonly Row[], columns: Columns<Row>): string {
  const titles = Object.keys(columns);
  const values = rows.map((row) => Object.values(columns).map((cell) => cell(row) ?? '–'));
  const rightAligned = titles.map((_, at) => typeof values[0]?.[at] === 'number');
  const lines = [titles, ...values].map((line) => line.map((value) => oneLine(String(value))));
  const widths = titles.map((_, at) => Math.max(...lines.map((line) => widthOf(line[at] ?? ''))));
  const [head = '', ...body] = lines.map((line) =>
    line
      .map((cell, at) => pad(cell, widths[at] ?? 0, rightAligned[at] ?? false))
      .join('  ')
      .trimEnd(),
  );
  return [styleText('bold', head), ...body].join('\n');
}

/** Who the audit trail names for an operator's act: the user of the operating system, as `operator:<name>`. */
export function operatorName(): string {
  try {
    return `operator:${userInfo().username}`;
  } catch {
    // In a container the user may have a number only.
    return `operator:${process.getuid?.() ?? 'unknown'}`;
  }
}

function pad(cell: string, width: number, right: boolean): string {
  const space = ' '.repeat(width - widthOf(cell));
  return right ? space + cell : cell + space;
}

function widthOf(cell: string): number {
  return stripVTControlCharacters(cell).length;
}

function oneLine(cell: string): string {
  return cell.replace(/\s+/g, ' ');
}
