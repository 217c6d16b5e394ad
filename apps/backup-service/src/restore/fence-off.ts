import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { RestoreError } from './restore-error';

const attempts = 50;

/**
 * Makes this session the only one that works on a restore: whoever held it before, and was only slow and not dead, has
 * its session ended, so that not one more of its statements reaches the server. Creating, dropping and swapping all go
 * through this session. The lock is the session's and ends with it.
 */
export async function fenceOff(session: Client, id: string): Promise<void> {
  const key = [`swfx_restore:${id}`];
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const { rows } = await session.query<{ locked: boolean }>(
      'SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS locked',
      key,
    );
    if (rows[0]?.locked) return;
    await session.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND objsubid = 1
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND (classid::bigint << 32) | objid::bigint = hashtextextended($1, 0)`,
      key,
    );
    await sleep(100);
  }
  throw new RestoreError('interrupted', 'the session of the runner before this one could not be ended');
}
