/**
 * Restores that somebody ends. That is decided in one row, between two statements: either the cancellation is there
 * first, and then no runner begins the swap, or the phase of the swap is, and then nobody can cancel.
 */
import type { Queryable } from '@swfx/database';
import { identity, mine, type RestoreClaim } from './restores';

/** Asks to end a restore whose swap has not begun: one that nobody works on is over at once. False when it is too late. */
export async function cancelRestore(db: Queryable, id: string, by: string): Promise<boolean> {
  const idle = 'lease_owner IS NULL AND phase IS NULL';
  const { rowCount } = await db.query(
    `UPDATE db_restore
     SET cancelled_by = $2, state = CASE WHEN ${idle} THEN 'cancelled' ELSE state END,
         asked = CASE WHEN ${idle} THEN NULL ELSE asked END,
         finished_at = CASE WHEN ${idle} THEN clock_timestamp() ELSE finished_at END
     WHERE id = $1 AND state IN ('new', 'planned') AND phase IS DISTINCT FROM 'swapping'`,
    [id, by],
  );
  return rowCount === 1;
}

/** Ends a restore that somebody asked to end, once nothing of it is left; false when nobody did, or it is another's. */
export async function endCancelledRestore(db: Queryable, claim: RestoreClaim): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE db_restore
     SET state = 'cancelled', asked = NULL, phase = NULL, attempt = 0, lease_owner = NULL, lease_until = NULL,
         finished_at = clock_timestamp(), reason = NULL, error = NULL
     WHERE ${mine} AND cancelled_by IS NOT NULL`,
    identity(claim),
  );
  return rowCount === 1;
}
