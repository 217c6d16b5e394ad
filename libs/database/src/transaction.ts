import type { Pool, PoolClient } from './pool';

/** Postgres ends a transaction that is silent for this long: less than others wait for its locks before they give up. */
const longestPauseMs = 10_000;

/**
 * Runs work in one transaction: committed when it returns, rolled back when it throws. A connection whose
 * rollback fails is thrown away rather than handed to the next caller. It is for statements that follow each other:
 * a process that is paused in the middle (SIGSTOP, a machine that sleeps) loses it, and keeps its locks from nobody.
 */
export async function inTransaction<T>(pool: Pool, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${longestPauseMs}`);
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    const rollbackError = await client.query('ROLLBACK').then(
      () => undefined,
      (reason: Error) => reason,
    );
    client.release(rollbackError);
    throw error;
  }
}

/** Lets the transaction in hand be silent for longer: for the few that wait for something else while they hold a row. */
export async function allowPause(client: PoolClient, pauseMs: number): Promise<void> {
  await client.query(`SELECT set_config('idle_in_transaction_session_timeout', $1, true)`, [String(pauseMs)]);
}

/** Holds a session-level advisory lock while work runs; `undefined` at once when another session holds it. */
export async function withAdvisoryLock<T>(
  pool: Pool,
  name: string,
  work: () => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    const { rows } = await client.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      [name],
    );
    if (!rows[0]?.locked) return undefined;
    try {
      return await work();
    } finally {
      await client
        .query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name])
        .catch((error: Error) => (broken = error));
    }
  } finally {
    // Closing the connection frees a lock that could not be freed by name.
    client.release(broken);
  }
}
