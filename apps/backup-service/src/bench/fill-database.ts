import { query } from './bench-place';

/** Six parts of records as an audit trail has them, four of rows as a ledger has them. */
const tables = `
  CREATE TABLE event (id bigint PRIMARY KEY, at timestamptz NOT NULL, body jsonb NOT NULL);
  CREATE TABLE account (id bigint PRIMARY KEY, branch int, balance numeric, filler text);
  CREATE TABLE entry (account bigint, delta int, at timestamptz, id bigserial)`;

/** Rows of one megabyte of database each, from a number on. */
const rows = (from: number, megabytes: number): string => `
  INSERT INTO event SELECT i, '2026-01-01'::timestamptz + i * interval '1 second',
    jsonb_build_object('action', (ARRAY['login', 'refresh', 'payment', 'refund'])[1 + i % 4], 'actor', md5((i % 5000)::text),
      'trace', md5(i::text || 'x'), 'amount', (i::bigint * 7919) % 100000, 'note', repeat('lorem ipsum ', (i % 5)::int))
    FROM generate_series(${from} * 2200 + 1, ${from + megabytes} * 2200) i;
  INSERT INTO account SELECT i, i % 30, (i::bigint * 104729) % 1000000 / 100.0, rpad('', 60, md5((i % 999)::text))
    FROM generate_series(${from} * 2300 + 1, ${from + megabytes} * 2300) i;
  INSERT INTO entry SELECT (i::bigint * 31) % 100000, i % 5000 - 2500, '2026-02-01'::timestamptz + i * interval '10 ms'
    FROM generate_series(${from} * 2000 + 1, ${from + megabytes} * 2000) i`;

const step = 1024;

/** Fills a database with about so many megabytes, and calls `onStep` after each thousand. */
export async function fillDatabase(
  url: string,
  megabytes: number,
  onStep: (done: number) => void = () => undefined,
): Promise<void> {
  await query(url, tables);
  for (let from = 0; from < megabytes; from += step) {
    const more = Math.min(step, megabytes - from);
    await query(url, rows(from, more));
    onStep(from + more);
  }
  for (const table of ['event', 'account', 'entry']) await query(url, `VACUUM ANALYZE ${table}`);
  await query(url, 'CHECKPOINT');
}
