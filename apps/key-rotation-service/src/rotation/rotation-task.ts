/**
 * The background task `jwt_key_rotation`: turns due ticks into requests, and runs the requests that are due. While a
 * stored key cannot be opened nothing is asked for and nothing runs: a tick stays due, and is caught up once.
 */
import { randomUUID } from 'node:crypto';
import { inTransaction, type Pool } from '@swfx/database';
import { claimTick, ensureSchedule, type TaskOutcome } from '@swfx/messaging';
import { forgetSilentVerifiers } from '@swfx/signing-keys';
import { requireKeyEncryptionKeys } from './check-key-ring';
import { reportFailure, reportOutcome, type Reporting } from './report-outcome';
import { rotate, type RotationOutcome, type Rotator } from './rotate';
import {
  claimRequest,
  dueRequests,
  forgetOldRequests,
  requestFirstStart,
  requestRotation,
  scheduledRotationIsOpen,
} from './rotation-requests';

/** The name of the task, and of its schedule. */
export const rotationTask = 'jwt_key_rotation';

/** Who asks for a rotation when no person does. */
const service = 'service:key-rotation-service';

/** Finds the requests that are due now, after it has written those that the schedule and the first start ask for. */
export function findDueRotations(rotator: Rotator, cron: string): () => Promise<string[]> {
  const { pool, ring } = rotator;
  let scheduled = false;
  return async () => {
    await requireKeyEncryptionKeys(pool, ring);
    if (!scheduled) await ensureSchedule(pool, { name: rotationTask, service: 'key-rotation-service', cron });
    scheduled = true;
    await requestFirstStart(pool, service);
    await requestDueTick(pool);
    return dueRequests(pool);
  };
}

/** Runs one request as one attempt, and reports what came of it. */
export function runRotations(rotator: Rotator, reporting: Reporting): (id: string) => Promise<TaskOutcome> {
  const owner = randomUUID();
  return async (id) => {
    const request = await claimRequest(rotator.pool, id, owner);
    if (!request) return 'skipped';
    const startedAt = performance.now();
    let outcome: RotationOutcome;
    try {
      outcome = await rotate(rotator, request);
    } catch (thrown) {
      return await reportFailure(reporting, request, thrown);
    } finally {
      reporting.metrics.observe('jwt_key_rotation_duration_seconds', (performance.now() - startedAt) / 1000);
    }
    return reportOutcome(reporting, request, outcome);
  };
}

/** A tick and its request are committed together: it is taken by one replica, and never without effect. */
async function requestDueTick(pool: Pool): Promise<void> {
  await inTransaction(pool, async (client) => {
    if (!(await claimTick(client, rotationTask))) return;
    await forgetSilentVerifiers(client);
    // One that waits for a verifier is not to be followed by a queue of others.
    if (await scheduledRotationIsOpen(client)) return;
    await requestRotation(client, { cause: 'scheduled', requestedBy: service });
    await forgetOldRequests(client);
  });
}
