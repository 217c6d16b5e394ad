import type { Client } from 'pg';
import { findBackup, type CataloguedBackup } from '../catalogue/backups';
import type { RestoreClaim } from '../catalogue/restores';
import type { BackupTarget } from '../config';
import { describeServer } from './describe-server';
import { databaseNames, type DatabaseNames } from './database-names';
import { gatherRestoreFacts } from './gather-restore-facts';
import { openMaintenanceSession } from './maintenance-session';
import { planRestore, type RestoreFacts, type RestorePlan } from './plan-restore';
import { RestoreError } from './restore-error';
import type { RestoreWork } from './restore-work';

/** A restore about which everything is known that can be known before it begins. */
export interface PreparedRestore {
  session: Client;
  target: BackupTarget;
  backup: CataloguedBackup;
  names: DatabaseNames;
  facts: RestoreFacts;
  plan: RestorePlan;
}

/** Looks at the backup and the server, and plans. Work is done over the session, which is closed afterwards. */
export async function withPreparedRestore<T>(
  work: RestoreWork,
  claim: Pick<RestoreClaim, 'id' | 'backupId' | 'database' | 'intoName' | 'accepted'>,
  options: { signal: AbortSignal; use: (prepared: PreparedRestore) => Promise<T> },
): Promise<T> {
  const target = findTarget(work, claim.database);
  const backup = await findBackup(work.pool, claim.backupId);
  if (!backup) throw new RestoreError('refused', `the backup ${claim.backupId} is not there any more`);
  if (backup.storage !== work.storage.name)
    throw new RestoreError(
      'refused',
      `the backup is in the storage ${backup.storage}, which is not this service’s`,
    );
  const session = await openMaintenanceSession(target.restoreAddress, options.signal);
  try {
    const mode = claim.intoName === null ? 'swap' : 'into';
    const name = claim.intoName ?? target.restoreAddress.database;
    const names = databaseNames(claim.id, name);
    const facts = await gatherRestoreFacts(session, {
      address: target.restoreAddress,
      name,
      backup,
      ops: await describeServer(work.pool),
      path: work.path,
    });
    const { accepted } = claim;
    const plan = planRestore(facts, { mode, names, accepted, keepHours: work.keepHours });
    return await options.use({ session, target, backup, names, facts, plan });
  } finally {
    await session.end().catch(() => undefined);
  }
}

/** The target of this name, as this service is configured. */
export function findTarget(work: Pick<RestoreWork, 'targets'>, database: string): BackupTarget {
  const target = work.targets.find(({ name }) => name === database);
  if (!target) throw new RestoreError('refused', `${database} is not among the backup targets`);
  return target;
}
