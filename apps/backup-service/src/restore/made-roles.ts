/**
 * Roles that a restore makes because the server lacks them. Each is marked on the server itself with the database that
 * it was made for, so that whoever ends the restore, perhaps another process, takes back what was made and nothing else.
 */
import pg, { type Client } from 'pg';

const stillNeeded = '2BP01';
const markOf = (database: string) => `made for ${database}`;

/** Makes a role without login for the database of a restore; one that is there stays as it is. */
export async function makeRole(session: Client, role: string, database: string): Promise<void> {
  const { rowCount } = await session.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  if (rowCount !== 0) return;
  const name = pg.escapeIdentifier(role);
  const mark = pg.escapeLiteral(markOf(database));
  // Two statements in one message are one transaction.
  await session.query(`CREATE ROLE ${name} NOLOGIN; COMMENT ON ROLE ${name} IS ${mark}`);
}

/** Drops the roles that were made for the database of a restore, once that is gone; one that is needed by now stays. */
export async function dropMadeRoles(session: Client, database: string): Promise<void> {
  const { rows } = await session.query<{ role: string }>(
    `SELECT rolname::text AS role FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = $1 AND NOT rolcanlogin`,
    [markOf(database)],
  );
  for (const { role } of rows)
    await session
      .query(`DROP ROLE ${pg.escapeIdentifier(role)}`)
      .catch((error: Error & { code?: string }) => {
        if (error.code !== stillNeeded) throw error;
      });
}
