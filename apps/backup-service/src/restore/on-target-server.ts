import type { Client } from 'pg';
import type { RestoreClaim } from '../catalogue/restores';
import { databaseNames, type DatabaseNames } from './database-names';
import { openMaintenanceSession } from './maintenance-session';
import { findTarget } from './prepare-restore';
import type { RestoreWork } from './restore-work';

/** The names of a restore's databases. */
export function namesOf(work: RestoreWork, claim: RestoreClaim): DatabaseNames {
  return databaseNames(claim.id, claim.liveName ?? findTarget(work, claim.database).restoreAddress.database);
}

/** Works over a session to the server of a restore, which is closed afterwards. */
export async function onTargetServer<T>(
  work: RestoreWork,
  claim: RestoreClaim,
  options: {
    signal: AbortSignal;
    use: (session: Client) => Promise<T>;
  },
): Promise<T> {
  const session = await openMaintenanceSession(
    findTarget(work, claim.database).restoreAddress,
    options.signal,
  );
  try {
    return await options.use(session);
  } finally {
    await session.end().catch(() => undefined);
  }
}
