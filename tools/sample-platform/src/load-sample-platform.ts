/**
 * Fills the platform database once. The whole load is one transaction with its marker in it, so after a kill
 * there is either a complete platform or none, and never a half one that looks complete. The marker names the
 * SQL that made the rows: when that changes, the next start loads again. An advisory lock makes a second
 * loader wait and then find the work done.
 */
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { readPlatformContent, type PlatformContent } from './platform-content';
import { createPickSql, platformRows } from './platform-rows';
import { createKeysAndViewsSql, createTablesSql, dropPlatformSql } from './platform-tables';

/** `loaded` is false where an earlier load was found; hash and row counts are those at the time of loading. */
export type LoadResult = PlatformContent & { loaded: boolean };

type LoadOptions = { databaseUrl: string; onProgress?: (step: string) => void };

/**
 * Loads the sample platform into an existing database, unless it is there already.
 * Takes some seconds the first time and milliseconds afterwards; `onProgress` gets one short phrase a step.
 * Throws pg's error if the database cannot be reached or its user may not create tables; nothing is left then.
 */
export async function loadSamplePlatform({ databaseUrl, onProgress }: LoadOptions): Promise<LoadResult> {
  const client = new Client({ connectionString: databaseUrl, application_name: 'sample-platform-load' });
  // A connection that breaks rejects the running query; without a listener it would also end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('BEGIN');
    const result = await loadUnlessLoaded(client, onProgress ?? (() => undefined));
    await client.query('COMMIT');
    return result;
  } finally {
    await client.end();
  }
}

async function loadUnlessLoaded(client: Client, onProgress: (step: string) => void): Promise<LoadResult> {
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('load the sample platform', 0))`);
  await client.query(`CREATE TABLE IF NOT EXISTS sample_load (
    source_sha256 text PRIMARY KEY, content_hash text NOT NULL, rows json NOT NULL)`);
  const earlier = await findEarlierLoad(client);
  if (earlier) return { loaded: false, ...earlier };
  await loadRows(client, onProgress);
  onProgress('hashing');
  const content = await readPlatformContent(client);
  await recordLoad(client, content);
  return { loaded: true, ...content };
}

async function loadRows(client: Client, onProgress: (step: string) => void): Promise<void> {
  await client.query(dropPlatformSql);
  await client.query(createTablesSql);
  await client.query(createPickSql);
  for (const { table, sql } of platformRows) {
    onProgress(table);
    await client.query(sql);
  }
  onProgress('keys, indexes and views');
  await client.query(createKeysAndViewsSql);
}

async function findEarlierLoad(client: Client): Promise<PlatformContent | undefined> {
  const result = await client.query<PlatformContent>(
    `SELECT content_hash AS "contentHash", rows FROM sample_load WHERE source_sha256 = $1`,
    [sourceSha256()],
  );
  return result.rows[0];
}

async function recordLoad(client: Client, content: PlatformContent): Promise<void> {
  await client.query('DELETE FROM sample_load');
  await client.query('INSERT INTO sample_load (source_sha256, content_hash, rows) VALUES ($1, $2, $3)', [
    sourceSha256(),
    content.contentHash,
    content.rows,
  ]);
}

function sourceSha256(): string {
  const source = [
    createTablesSql,
    createPickSql,
    ...platformRows.map((row) => row.sql),
    createKeysAndViewsSql,
  ];
  return createHash('sha256').update(source.join('\n')).digest('hex');
}
