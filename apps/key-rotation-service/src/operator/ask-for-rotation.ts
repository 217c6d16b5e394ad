import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { requestRotation } from '../rotation/rotation-requests';

/** How far a request has come; `swfx keys rotate --json` prints it. */
export interface RotationReport {
  request_id: string;
  state: 'queued' | 'running' | 'succeeded' | 'noop' | 'failed';
  /** What came of it, or of its last attempt. */
  result: string | null;
  epoch: number | null;
  attempts: number;
}

const finalStates: readonly RotationReport['state'][] = ['succeeded', 'noop', 'failed'];
const pollMs = 200;

/** Asks for a rotation, audited in the same transaction, and waits up to `waitMs` for its end. */
export async function askForRotation(
  { audit, pool, facts: hints }: Pick<Foundation, 'audit' | 'pool' | 'facts'>,
  request: { requestedBy: string; simulateFailure: boolean; waitMs: number },
): Promise<RotationReport> {
  const { requestedBy, simulateFailure, waitMs } = request;
  const id = await audit.transaction(async (client, note) => {
    const requestId = await requestRotation(client, { cause: 'operator', requestedBy, simulateFailure });
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: requestedBy,
      subject: null,
      operationId: requestId,
      fields: {
        command: `keys rotate${simulateFailure ? ' --simulate-failure' : ''}`,
        reason: 'operator_request',
      },
    });
    return requestId;
  });
  await hints.publish(facts.rotationRequested, { requestId: id });
  return waitForEnd(pool, id, performance.now() + waitMs);
}

async function waitForEnd(db: Queryable, id: string, deadline: number): Promise<RotationReport> {
  for (;;) {
    const report = await readReport(db, id);
    if (finalStates.includes(report.state) || performance.now() >= deadline) return report;
    await sleep(pollMs);
  }
}

async function readReport(db: Queryable, id: string): Promise<RotationReport> {
  const { rows } = await db.query<RotationReport>(
    'SELECT id AS request_id, state, result, epoch, attempts FROM rotation_request WHERE id = $1',
    [id],
  );
  if (!rows[0]) throw new Error(`the rotation request ${id} is gone`);
  return rows[0];
}

/** The report as a sentence for people. */
export function describeReport({ request_id, state, result, epoch, attempts }: RotationReport): string {
  switch (state) {
    case 'succeeded':
      return `Rotated: ${result} (epoch ${epoch}).`;
    case 'noop':
      return `Nothing was rotated: ${result}.`;
    case 'failed':
      return `The rotation failed: ${result}.`;
    default:
      if (attempts > 0) return `Not done yet: ${result ?? 'an attempt is under way'}; it is tried again.`;
      return `Request ${request_id} waits and nothing has taken it: is key-rotation-service running?`;
  }
}
