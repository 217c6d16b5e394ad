/**
 * The fingerprint of a table: how many rows it has, and two sums over them that no order of the rows changes. A row is
 * hashed as text, because text is what a dump carries, with the columns by name, since a restore may order them
 * otherwise, and under the pinned settings of `openSession`. It is a sum and never an XOR, in which equal rows vanish
 * in pairs. 64-bit sums find accidents; against an attacker stands the manifest's signature.
 */
import type { Client } from 'pg';
import pg from 'pg';
import { quoted, type TableName, type TableRows } from './list-tables';

/** Two sums of 64-bit hashes with different seeds, in decimal. */
export type Sums = [string, string];

/** A table and its fingerprint; without sums, only how many rows it has. */
export interface TableContent extends TableRows {
  sums?: Sums | undefined;
}

export type FingerprintLevel = 'rows' | 'full';

/** Reads the tables, each in whichever session is free; the result is in the order of the tables. */
export async function readTableContents(
  sessions: readonly Client[],
  tables: readonly TableName[],
  level: FingerprintLevel,
): Promise<TableContent[]> {
  const read = level === 'full' ? sumTable : countTable;
  const contents: TableContent[] = [];
  let next = 0;
  async function work(session: Client): Promise<void> {
    for (let at = next++; at < tables.length; at = next++)
      contents[at] = await read(session, tables[at] as TableName);
  }
  await Promise.all(sessions.map(work));
  return contents;
}

async function countTable(session: Client, table: TableName): Promise<TableContent> {
  const { rows } = await session.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM ONLY ${quoted(table)}`,
  );
  return { ...table, rows: Number(rows[0]?.rows) };
}

async function sumTable(session: Client, table: TableName): Promise<TableContent> {
  const columns = (await listColumns(session, table)).map((name) => pg.escapeIdentifier(name));
  // OFFSET 0 keeps the planner from writing a row out once for each of the two sums.
  const { rows } = await session.query<{ rows: string; first: string; second: string }>(
    `SELECT count(*) AS rows, ${sumsOf('line')}
     FROM (SELECT ROW(${columns.join(', ')})::text COLLATE "C" AS line FROM ONLY ${quoted(table)} OFFSET 0) lines`,
  );
  const [sums] = rows as [(typeof rows)[number]];
  return { ...table, rows: Number(sums.rows), sums: [sums.first, sums.second] };
}

/** The two sums of a text expression, as the columns `first` and `second`. */
export function sumsOf(expression: string): string {
  return `coalesce(sum(hashtextextended(${expression}, 0)), 0)::text AS first,
          coalesce(sum(hashtextextended(${expression}, 1)), 0)::text AS second`;
}

/** Those that hold something: what Postgres computes at each reading is in the definition. */
async function listColumns(session: Client, table: TableName): Promise<string[]> {
  const { rows } = await session.query<{ name: string }>(
    `SELECT attname::text AS name FROM pg_attribute
     WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated <> 'v'
     ORDER BY attname COLLATE "C"`,
    [quoted(table)],
  );
  return rows.map(({ name }) => name);
}
