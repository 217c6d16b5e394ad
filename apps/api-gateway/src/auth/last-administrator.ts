import type { PoolClient } from '@swfx/database';
import { administersUsers, rolesThatBring, usersScope } from './roles';
import type { UserSummary } from './users';

/**
 * Whether a change would leave nobody who may log in and change users, in the transaction that makes it. Two
 * administrators who shut each other out at once are looked at one after the other, so that one of them stays.
 */
export async function leavesNoAdministrator(
  client: PoolClient,
  { before, after }: { before: UserSummary; after: UserSummary },
): Promise<boolean> {
  if (!administersUsers(before) || administersUsers(after)) return false;
  await client.query(`SELECT pg_advisory_xact_lock(hashtextextended('api-gateway:administrators', 0))`);
  const { rowCount } = await client.query(
    `SELECT 1 FROM app_user WHERE id <> $1 AND disabled_at IS NULL AND (scopes && $2 OR roles && $3) LIMIT 1`,
    [before.id, [usersScope], rolesThatBring(usersScope)],
  );
  return rowCount === 0;
}
