import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { requestRotation, type RotationRequest } from '../rotation/rotation-requests';

/** How far a request has come; `swfx keys rotate --json`, and the like, print it. */
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

/** What an operator asks for, and the command that is audited for it. */
export interface AskedChange extends Omit<RotationRequest, 'cause'> {
  command: string;
  waitMs: number;
}

/** Asks the rotator for a change, audited in the same transaction, and waits up to `waitMs` for its end. */
export async function askForChange(
  { audit, pool, facts: hints }: Pick<Foundation, 'audit' | 'pool' | 'facts'>,
  { command, waitMs, ...asked }: AskedChange,
): Promise<RotationReport> {
  const id = await audit.transaction(async (client, note) => {
    const requestId = await requestRotation(client, { cause: 'operator', ...asked });
    await note({
      action: 'sensitive_operation_performed',
      outcome: 'success',
      actor: asked.requestedBy,
      subject: asked.kid ? `key:${asked.kid}` : null,
      operationId: requestId,
      fields: { command, reason: 'operator_request' },
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
      return `Done: ${result} (epoch ${epoch}).`;
    case 'noop':
      return `Nothing was changed: ${result}.`;
    case 'failed':
      return `It failed: ${result}.`;
    default:
      if (attempts > 0 || result)
        return `Not done yet: ${result ?? 'an attempt is under way'}; it is tried again.`;
      return `Request ${request_id} waits and nothing has taken it: is key-rotation-service running?`;
  }
}
