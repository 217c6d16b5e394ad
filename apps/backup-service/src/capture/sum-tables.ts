/**
 * The fingerprint of a table: how many rows it has, and two sums over their hashes, which no order of the rows changes. It
 * is a sum and never an XOR, in which equal rows vanish in pairs. 64-bit sums find accidents; against an attacker
 * stands the manifest's signature. Tables are read in the order in which pg_dump reads them, a slice at a time, so that
 * what the one has fetched from the disk the other finds in memory, and no session is left alone with a large table.
 */
import type { Client } from 'pg';
import { quoted, type TableName, type TableRows } from './list-tables';
import type { Pace } from './pace';
import { planSlices, sliceCondition, type Slice } from './plan-slices';
import { readLayouts, type TableLayout } from './read-layout';
import { rowExpression, rowHash, type FingerprintVersion } from './row-hash';

/** Two sums of 64-bit hashes with different seeds, in decimal. */
export type Sums = [string, string];

/** A table and its fingerprint; without sums, only how many rows it has. */
export interface TableContent extends TableRows {
  sums?: Sums | undefined;
}

export type FingerprintLevel = 'rows' | 'full';

/** What is known of a table, and how it is hashed. */
export interface Fingerprint {
  level: FingerprintLevel;
  version: FingerprintVersion;
}

const longestSliceBytes = 64 * 1024 * 1024;

/** How much is read between two pauses: about what may be read in a second, so that none is long. */
export function sliceBytesFor(bytesPerSecond: number | undefined): number {
  return Math.min(longestSliceBytes, bytesPerSecond ?? longestSliceBytes);
}

/** Reads the tables, each part in whichever session is free; the result is in the order of the tables. */
export async function readTableContents(
  sessions: readonly Client[],
  tables: readonly TableName[],
  {
    level,
    version,
    pace,
    sliceBytes = longestSliceBytes,
  }: Fingerprint & { pace?: Pace; sliceBytes?: number },
): Promise<TableContent[]> {
  const [first] = sessions as readonly [Client];
  if (level === 'rows') return countTables(first, tables);
  const layouts = await readLayouts(first, tables);
  const totals = layouts.map(() => ({ rows: 0, sums: [0n, 0n] as [bigint, bigint] }));
  const jobs = layouts.flatMap((layout, table) => {
    const slices = planSlices(layout, sliceBytes);
    return slices.map((slice) => ({ layout, table, slice, bytes: layout.bytes / slices.length }));
  });
  let next = 0;
  async function work(session: Client): Promise<void> {
    for (let job = jobs[next++]; job; job = jobs[next++]) {
      await pace?.admit(job.bytes);
      const { rows, sums } = await sumSlice(session, job, version);
      const total = totals[job.table] as (typeof totals)[number];
      total.rows += rows;
      total.sums = [total.sums[0] + sums[0], total.sums[1] + sums[1]];
    }
  }
  await Promise.all(sessions.map(work));
  return tables.map((table, at) => {
    const { rows, sums } = totals[at] as (typeof totals)[number];
    return { ...table, rows, sums: [String(sums[0]), String(sums[1])] };
  });
}

async function countTables(session: Client, tables: readonly TableName[]): Promise<TableContent[]> {
  const contents: TableContent[] = [];
  for (const table of tables) {
    const { rows } = await session.query<{ rows: string }>(
      `SELECT count(*) AS rows FROM ONLY ${quoted(table)}`,
    );
    contents.push({ ...table, rows: Number(rows[0]?.rows) });
  }
  return contents;
}

async function sumSlice(
  session: Client,
  { layout, slice }: { layout: TableLayout; slice: Slice },
  version: FingerprintVersion,
): Promise<{ rows: number; sums: [bigint, bigint] }> {
  // OFFSET 0 keeps the planner from writing a row out once for each of the two sums.
  const { rows } = await session.query<{ rows: string; first: string; second: string }>(
    `SELECT count(*) AS rows, ${sumOf(rowHash(version, 0))} AS first, ${sumOf(rowHash(version, 1))} AS second
     FROM (SELECT ${rowExpression(layout.columns, version)} AS line
           FROM ONLY ${quoted(layout)} ${sliceCondition(slice)} OFFSET 0) lines`,
  );
  const [found] = rows as [(typeof rows)[number]];
  return { rows: Number(found.rows), sums: [BigInt(found.first), BigInt(found.second)] };
}

/** The two sums of a text expression, as the columns `first` and `second`. */
export function sumsOf(expression: string): string {
  return `${sumOf(`hashtextextended(${expression}, 0)`)} AS first,
          ${sumOf(`hashtextextended(${expression}, 1)`)} AS second`;
}

function sumOf(hash: string): string {
  return `coalesce(sum(${hash}), 0)::text`;
}
