/** The codes with which a step of a restore is approved, in the row of the restore. */
import { randomBytes } from 'node:crypto';
import type { Queryable } from '@swfx/database';
import type { RestoreClaim } from '../catalogue/restores';
import type { RestorePlan } from '../restore/plan-restore';
import { hashOfCode, type AwaitedApproval } from './decide-approval';

export interface OfferedApproval {
  code: string;
  expiresAt: Date;
}

export type PlannedRestore = Pick<RestoreClaim, 'id' | 'backupId' | 'database' | 'intoName' | 'accepted'> & {
  plan: RestorePlan;
};

/** Makes a code for a step of a restore, good for one person and some time; the one before it is good no more. */
export async function offerApproval(
  db: Queryable,
  id: string,
  offer: { step: 'restore' | 'undo'; to: string; seconds: number },
): Promise<OfferedApproval | undefined> {
  const code = randomBytes(16).toString('base64url');
  const { rows } = await db.query<{ expiresAt: Date }>(
    `UPDATE db_restore SET approval_hash = $2, approval_for = $3, approval_step = $4,
            approval_until = clock_timestamp() + make_interval(secs => $5)
     WHERE id = $1 AND asked IS NULL RETURNING approval_until AS "expiresAt"`,
    [id, hashOfCode(code), offer.to, offer.step, offer.seconds],
  );
  return rows[0] && { code, ...rows[0] };
}

/** What a restore waits for; its row is locked until the transaction ends. Undefined when there is no such restore. */
export async function lockApproval(db: Queryable, id: string): Promise<AwaitedApproval | undefined> {
  const { rows } = await db.query<AwaitedApproval>(
    `SELECT approval_hash AS hash, approval_for AS for, approval_step AS step, live_name AS "liveName",
            coalesce(approval_until < clock_timestamp(), true) AS expired
     FROM db_restore WHERE id = $1 FOR UPDATE`,
    [id],
  );
  return rows[0];
}

/** A code is good once. */
export async function spendApproval(db: Queryable, id: string): Promise<void> {
  await db.query(
    `UPDATE db_restore SET approval_hash = NULL, approval_for = NULL, approval_step = NULL, approval_until = NULL
     WHERE id = $1`,
    [id],
  );
}

/** A planned restore, as planning it anew needs it; undefined when it is not that. */
export async function readPlanned(db: Queryable, id: string): Promise<PlannedRestore | undefined> {
  const { rows } = await db.query<PlannedRestore>(
    `SELECT id, backup_id AS "backupId", database, into_name AS "intoName", accepted, plan
     FROM db_restore WHERE id = $1 AND state = 'planned' AND plan IS NOT NULL`,
    [id],
  );
  return rows[0];
}
