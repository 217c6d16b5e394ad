import type { Queryable } from '@swfx/database';

/** Which server a connection leads to, and the name of the database there. */
export async function describeServer(db: Queryable): Promise<{ systemIdentifier: string; database: string }> {
  const { rows } = await db.query<{ systemIdentifier: string; database: string }>(
    `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS "systemIdentifier",
            current_database()::text AS database`,
  );
  return rows[0] as { systemIdentifier: string; database: string };
}
