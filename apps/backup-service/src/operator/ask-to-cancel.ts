import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { cancelRun } from '../catalogue/backup-runs';

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
