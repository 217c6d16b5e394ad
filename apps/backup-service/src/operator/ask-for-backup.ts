import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { requestRun } from '../catalogue/backup-runs';

/** Makes a backup due now, audited in the same transaction; one that is open already is joined. Returns its id. */
export async function askForBackup(
  { audit, facts: hints }: Pick<Foundation, 'audit' | 'facts'>,
  request: { database: string; requestedBy: string },
): Promise<string> {
  const id = await audit.transaction(async (client, note) => {
    const runId = await requestRun(client, request);
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: request.requestedBy,
      subject: null,
      operationId: runId,
      fields: { command: `backup run ${request.database}`, reason: 'operator_request' },
    });
    return runId;
  });
  await hints.publish(facts.backupProgressed, { backupId: id, phase: 'requested' });
  return id;
}
