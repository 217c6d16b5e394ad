import { createHash } from 'node:crypto';
import type { ClientBase } from 'pg';

/** What the platform database holds: a sha256 over all rows, and the number of rows per table. */
export type PlatformContent = { contentHash: string; rows: Record<string, number> };

/** Columns are named, not `*`: the hash speaks of the content and not of the order of the columns. */
const hashedColumns: Record<string, string> = {
  users: 'id, email, display_name, country, status, preferences, created_at',
  tokens: 'id, symbol, name, chain, decimals, metadata, listed_on',
  wallets: 'id, user_id, label, address, created_at, archived_at',
  price_points: 'token_id, observed_at, price_usd, volume_usd',
  positions: 'wallet_id, token_id, quantity, cost_basis_usd, opened_at',
  transactions:
    'id, wallet_id, token_id, kind, status, quantity, price_usd, fee_usd, chain_hash, reverses_id, note, metadata, occurred_at',
};

/** How values turn into text depends on the session; pinned here, or the same rows would hash differently. */
const pinTextFormatSql = /* sql */ `
SET LOCAL DateStyle = 'ISO, YMD'; SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
`;

/**
 * Reads the hash and the row counts of the sample platform.
 * `client` must be inside a transaction, which also gives all tables one snapshot if it is REPEATABLE READ.
 * A sum of row hashes does not depend on the order of the rows, so nothing is sorted.
 */
export async function readPlatformContent(client: ClientBase): Promise<PlatformContent> {
  await client.query(pinTextFormatSql);
  const rows: Record<string, number> = {};
  const hash = createHash('sha256');
  for (const [table, columns] of Object.entries(hashedColumns)) {
    const { count, sum } = await readTable(client, table, columns);
    rows[table] = count;
    hash.update(`${table} ${count} ${sum}\n`);
  }
  return { contentHash: hash.digest('hex'), rows };
}

async function readTable(client: ClientBase, table: string, columns: string) {
  const result = await client.query<{ count: number; sum: string }>(
    `SELECT count(*)::integer AS count,
            coalesce(sum(hashtextextended(ROW(${columns})::text COLLATE "C", 0)::numeric), 0)::text AS sum
     FROM ${table}`,
  );
  return result.rows[0] as { count: number; sum: string };
}
