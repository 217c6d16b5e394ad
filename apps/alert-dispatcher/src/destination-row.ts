import type { PoolClient } from '@swfx/database';

/** The one destination so far; its row in `alert_destination` is made by the migration. */
export const slack = 'slack';

/** A destination's row, read under its lock, with Postgres's time. */
export interface DestinationRow {
  now: Date;
  notBefore: Date;
  senderUntil: Date | null;
}

/** Locks a destination until the transaction ends: deciding, planning and claiming happen one at a time. */
export async function lockDestination(client: PoolClient, name: string): Promise<DestinationRow> {
  const { rows } = await client.query<DestinationRow>(
    `SELECT clock_timestamp() AS now, not_before AS "notBefore", sender_until AS "senderUntil"
     FROM alert_destination WHERE name = $1 FOR UPDATE`,
    [name],
  );
  const [row] = rows;
  if (!row) throw new Error(`the destination ${name} is not in alert_destination`);
  return row;
}

/** Takes the right to post, for a time that one post cannot outlast. */
export async function leaseDestination(
  client: PoolClient,
  name: string,
  lease: { id: string; seconds: number },
): Promise<void> {
  await client.query(
    `UPDATE alert_destination SET sender = $2, sender_until = clock_timestamp() + make_interval(secs => $3)
     WHERE name = $1`,
    [name, lease.id, lease.seconds],
  );
}

/** Gives the right to post back, and sets when the next post may be: never earlier than was said before. */
export async function releaseDestination(
  client: PoolClient,
  name: string,
  release: { leaseId: string; holdSeconds: number; reason: string | null },
): Promise<void> {
  await client.query(
    `UPDATE alert_destination SET
       sender = nullif(sender, $2), sender_until = CASE WHEN sender = $2 THEN NULL ELSE sender_until END,
       not_before = greatest(not_before, clock_timestamp() + make_interval(secs => $3)), not_before_reason = $4
     WHERE name = $1`,
    [name, release.leaseId, release.holdSeconds, release.reason],
  );
}
