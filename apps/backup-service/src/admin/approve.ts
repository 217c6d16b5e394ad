import { AppError } from '@swfx/errors';
import { facts } from '@swfx/messaging';
import { askForStep } from '../catalogue/restores';
import { planChange } from '../restore/plan-restore';
import { withPreparedRestore } from '../restore/prepare-restore';
import { classifyRestoreFailure } from '../restore/restore-error';
import type { AdminApiOptions } from './admin-api';
import { lockApproval, readPlanned, spendApproval } from './approvals';
import { decideApproval, type Approval } from './decide-approval';

interface Attempt {
  code: string;
  actor: string;
  database?: string | null | undefined;
}

/**
 * Carries out what was shown, if it was approved and would still be done like that. The plan is made anew first, which
 * takes a while and needs the server; the code is looked at before, so that nobody makes us do that without one, and
 * again in the transaction that spends it.
 */
export async function approve(options: AdminApiOptions, id: string, attempt: Attempt): Promise<void> {
  const { audit } = options;
  const step = refuseUnlessApproved(
    await audit.transaction((client) => decide(options, client, { id, attempt })),
  );
  if (step === 'restore') await refuseIfStale(options, id);
  const asked = await audit.transaction(async (client, note) => {
    refuseUnlessApproved(await decide(options, client, { id, attempt }));
    await spendApproval(client, id);
    if (!(await askForStep(client, id, { step, by: attempt.actor }))) return false;
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: attempt.actor,
      subject: null,
      operationId: id,
      fields: { command: `backup ${step} ${id}`, reason: 'operator_request' },
    });
    return true;
  });
  if (!asked)
    throw new AppError('backup_not_in_state', 'the restore is not where it was when it was planned');
  await options.facts.publish(facts.restoreProgressed, { restoreId: id, phase: 'asked' });
}

type Client = Parameters<Parameters<AdminApiOptions['audit']['transaction']>[0]>[0];

async function decide(
  { production }: AdminApiOptions,
  client: Client,
  { id, attempt }: { id: string; attempt: Attempt },
): Promise<Approval> {
  const awaited = await lockApproval(client, id);
  if (!awaited) throw new AppError('not_found', 'there is no such restore');
  const { code, actor, database: typedName } = attempt;
  return decideApproval(awaited, { code, actor, typedName, production });
}

function refuseUnlessApproved(approval: Approval): 'restore' | 'undo' {
  if (approval.approved) return approval.step;
  throw new AppError('restore_not_approved', approval.sentence, { fields: { reason: approval.reason } });
}

/** What has changed since makes the code good for nothing: something else would be done than was shown. */
async function refuseIfStale({ pool, restoreWork }: AdminApiOptions, id: string): Promise<void> {
  const planned = await readPlanned(pool, id);
  if (!planned)
    throw new AppError('backup_not_in_state', 'the restore is not where it was when it was planned');
  const change = await withPreparedRestore(restoreWork, planned, {
    signal: AbortSignal.timeout(30_000),
    use: async ({ plan }) => planChange(planned.plan, plan),
  }).catch((error: unknown) => classifyRestoreFailure(error).message);
  if (change === undefined) return;
  await spendApproval(pool, id);
  throw new AppError(
    'restore_not_approved',
    `what would be done is not what was shown any more (${change})`,
    {
      fields: { reason: 'stale' },
    },
  );
}
