import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { askForStep, requestRestore, type RestoreStep } from '../catalogue/restores';

type Asking = Pick<Foundation, 'audit' | 'facts'>;
type Client = Parameters<Parameters<Foundation['audit']['transaction']>[0]>[0];

/** Asks for the plan of a restore, audited in the same transaction. Returns the restore's id. */
export async function askForRestore(
  foundation: Asking,
  request: Parameters<typeof requestRestore>[1],
): Promise<string> {
  const command = `backup restore ${request.backupId}`;
  return inTrail(foundation, {
    by: request.requestedBy,
    command,
    act: (client) => requestRestore(client, request),
    idOf: (id) => id,
  });
}

/** Asks for a step of a restore, audited in the same transaction; false when it is not in the state for it. */
export async function askForRestoreStep(
  foundation: Asking,
  { id, step, by }: { id: string; step: Exclude<RestoreStep, 'plan' | 'drop_kept'>; by: string },
): Promise<boolean> {
  return inTrail(foundation, {
    by,
    command: `backup ${step} ${id}`,
    act: (client) => askForStep(client, id, { step, by }),
    idOf: () => id,
  });
}

async function inTrail<T>(
  { audit, facts: hints }: Asking,
  act: { by: string; command: string; act: (client: Client) => Promise<T>; idOf: (result: T) => string },
): Promise<T> {
  const result = await audit.transaction(async (client, record) => {
    const acted = await act.act(client);
    if (acted !== false)
      await record({
        action: 'sensitive_operation_performed',
        outcome: 'success',
        actor: act.by,
        subject: null,
        operationId: act.idOf(acted),
        fields: { command: act.command, reason: 'operator_request' },
      });
    return acted;
  });
  if (result !== false)
    await hints.publish(facts.restoreProgressed, { restoreId: act.idOf(result), phase: 'asked' });
  return result;
}
