import type { PoolClient, Queryable } from '@swfx/database';
import type { DestinationState } from './deliver/plan-sending';
import type { TokenBucket } from './deliver/token-bucket';

/** A destination's row, read under its lock, with Postgres's time. */
export interface DestinationRow extends DestinationState {
  /** How often in a row it has refused everything; above zero its breaker is open. */
  rejections: number;
}

/** Makes the rows of the configured destinations; those that are no longer configured stay, for what tells of them. */
export async function ensureDestinations(db: Queryable, names: readonly string[]): Promise<void> {
  await db.query('INSERT INTO alert_destination (name) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [
    names,
  ]);
}

/** Locks a destination until the transaction ends: planning and claiming happen one at a time. */
export async function lockDestination(client: PoolClient, name: string): Promise<DestinationRow> {
  const { rows } = await client.query<Omit<DestinationRow, 'bucket'> & TokenBucket>(
    `SELECT clock_timestamp() AS now, not_before AS "notBefore", sender_until AS "senderUntil", tokens,
       tokens_at AS at, rejections
     FROM alert_destination WHERE name = $1 FOR UPDATE`,
    [name],
  );
  const [row] = rows;
  if (!row) throw new Error(`the destination ${name} is not in alert_destination`);
  const { tokens, at, ...state } = row;
  return { ...state, bucket: { tokens, at } };
}

/** Takes the right to post, for a time that one post cannot outlast, and pays for it from the bucket. */
export async function leaseDestination(
  client: PoolClient,
  name: string,
  lease: { id: string; seconds: number; tokensLeft: number },
): Promise<void> {
  await client.query(
    `UPDATE alert_destination SET sender = $2, sender_until = clock_timestamp() + make_interval(secs => $3),
       tokens = $4, tokens_at = clock_timestamp()
     WHERE name = $1`,
    [name, lease.id, lease.seconds, lease.tokensLeft],
  );
}

/** Gives the right to post back, and sets when the next post may be: never earlier than was said before. Without `rejections` they stay as they are. */
export async function releaseDestination(
  client: PoolClient,
  name: string,
  release: { leaseId: string; holdSeconds: number; reason: string | null; rejections: number | null },
): Promise<void> {
  await client.query(
    `UPDATE alert_destination SET
       sender = nullif(sender, $2), sender_until = CASE WHEN sender = $2 THEN NULL ELSE sender_until END,
       not_before = greatest(not_before, clock_timestamp() + make_interval(secs => $3)), not_before_reason = $4,
       rejections = coalesce($5, rejections)
     WHERE name = $1`,
    [name, release.leaseId, release.holdSeconds, release.reason, release.rejections],
  );
}
