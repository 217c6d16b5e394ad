import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { cancelRun } from '../catalogue/backup-runs';
import { cancelRestore } from '../catalogue/cancelled-restores';
import { restoreEvents } from '../restore/restore-events';
import type { RestoreReport } from './follow-restore';

/** Asks to end a run, audited in the same transaction; false when it is over already. */
export async function askToCancel(
  { audit, facts: hints }: Pick<Foundation, 'audit' | 'facts'>,
  { id, database, by }: { id: string; database: string; by: string },
): Promise<boolean> {
  const asked = await audit.transaction(async (client, note) => {
    if (!(await cancelRun(client, id, by))) return false;
    await note({
      action: 'db_backup_cancelled',
      outcome: 'success',
      actor: by,
      subject: null,
      operationId: id,
      fields: { backup_id: id, database },
    });
    return true;
  });
  if (asked) await hints.publish(facts.backupProgressed, { backupId: id, phase: 'cancelled' });
  return asked;
}

/** Asks to end a restore, audited in the same transaction; false when it is over, or its swap has begun. */
export async function askToCancelRestore(
  { audit, facts: hints }: Pick<Foundation, 'audit' | 'facts'>,
  { id, backup_id: backupId, database, into, live_name: liveName }: RestoreReport,
  by: string,
): Promise<boolean> {
  const about = { id, backupId, database, intoName: into, liveName, askedBy: by, step: 'restore' as const };
  const asked = await audit.transaction(async (client, note) => {
    if (!(await cancelRestore(client, id, by))) return false;
    await note(restoreEvents.cancelled(about));
    return true;
  });
  if (asked) await hints.publish(facts.restoreProgressed, { restoreId: id, phase: 'cancelled' });
  return asked;
}
