import type { Secret } from '@swfx/config';
import pg from 'pg';

export type Pool = pg.Pool;
export type PoolClient = pg.PoolClient;
/** Whatever runs a statement: the pool, or one connection that is in a transaction. */
export type Queryable = Pick<pg.Pool, 'query'> | Pick<pg.PoolClient, 'query'>;

export interface PoolOptions {
  url: Secret;
  /** Seen in `pg_stat_activity`: the service's name. */
  applicationName: string;
  max: number;
  /** A statement that runs longer is ended by the server. Default 15 000. */
  statementTimeoutMs?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  onIdleError: (error: Error) => void;
}

/**
 * A bounded pool to the ops database. A connection that cannot be made in 3 s is an error, so that a Postgres
 * that hangs does not hang a request; `bigint` comes back as a number where it is one exactly.
 */
export function createPool(options: PoolOptions): Pool {
  const pool = new pg.Pool({
    connectionString: options.url.reveal(),
    application_name: options.applicationName,
    max: options.max,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: options.statementTimeoutMs ?? 15_000,
    query_timeout: (options.statementTimeoutMs ?? 15_000) + 5_000,
    keepAlive: true,
    types: { getTypeParser },
  });
  // A pool that has ended does not wait until its connections are closed: what they still say is of no interest.
  const onError = (error: Error) => void (pool.ending || options.onIdleError(error));
  pool.on('error', onError);
  // A connection that breaks while it is checked out tells nobody but itself, and an unheard error ends the process.
  pool.on('connect', (client) => client.on('error', onError));
  return pool;
}

const bigintOid = 20;

function getTypeParser(oid: number, format?: 'text' | 'binary'): ReturnType<typeof pg.types.getTypeParser> {
  if (oid === bigintOid) return parseBigint as ReturnType<typeof pg.types.getTypeParser>;
  return pg.types.getTypeParser(oid, format);
}

function parseBigint(value: string): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : BigInt(value);
}
