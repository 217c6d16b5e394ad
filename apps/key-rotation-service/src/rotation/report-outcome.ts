/**
 * What operators learn of an attempt once it has ended: metrics, the row of a request that is tried again or given up,
 * audit and alerts. None of it can undo what was committed, and a part that fails (Postgres went away) does not keep
 * the others from happening.
 */
import type { Alerts } from '@swfx/alerts';
import type { AuditTrail } from '@swfx/audit';
import type { Pool } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { TaskOutcome } from '@swfx/messaging';
import type { Metrics } from '@swfx/metrics';
import type { RotationOutcome } from './rotate';
import {
  classifyFailure,
  longestPauseSeconds,
  maximumAttempts,
  pauseAfter,
  type RotationFailure,
} from './rotation-failure';
import { finishRequest, postponeRequest, recentContentions, type ClaimedRequest } from './rotation-requests';

export interface Reporting {
  pool: Pool;
  audit: Pick<AuditTrail, 'record'>;
  alerts: Pick<Alerts, 'raise' | 'resolve'>;
  metrics: Metrics;
  logger: Logger;
  alertOnError: boolean;
  alertOnRetry: boolean;
}

/** More contended attempts than this within 15 minutes are no coincidence. */
const tolerableContentions = 3;

/** Reports an attempt that came to an end of its own; the task counts it as the returned outcome. */
export async function reportOutcome(
  to: Reporting,
  request: ClaimedRequest,
  result: RotationOutcome,
): Promise<TaskOutcome> {
  if (result.outcome === 'not-ours') return 'skipped';
  if (result.outcome === 'waiting') return reportWait(to, request, result);
  if (request.kind === 'rotate') to.metrics.set('jwt_rotation_awaited_verifiers', 0);
  to.metrics.increment('jwt_key_rotation_total', { operation: result.outcome });
  if (result.outcome === 'lock_contended') return reportContention(to, request);
  if (result.outcome === 'noop') {
    to.logger.info('No rotation was due', { request: request.id, reason: result.reason });
    return 'success';
  }
  const { keySet, summary } = result;
  if (summary.promoted) to.metrics.increment('jwt_key_rotations_total');
  to.metrics.add('jwt_key_retirements_total', summary.retired.length);
  const { epoch } = keySet;
  to.logger.info('The key set was rotated', { request: request.id, epoch, reason: result.reason });
  await resolveTroubles(to, request);
  return 'success';
}

/** What a rotation that succeeded ends, whichever replica met it. Contention ends by its time: nobody sees it be over. */
async function resolveTroubles({ alerts }: Reporting, { kind }: ClaimedRequest): Promise<void> {
  const title = 'JWT key rotation succeeded';
  await alerts.resolve({ incident: 'rotation:failed', kind: 'rotation_failed', title });
  if (kind === 'rotate')
    await alerts.resolve({ incident: 'rotation:verifiers-behind', kind: 'rotation_waits', title });
}

/** Reports an attempt that threw; puts its request back, or gives it up. */
export async function reportFailure(
  to: Reporting,
  request: ClaimedRequest,
  thrown: unknown,
): Promise<TaskOutcome> {
  const failure = classifyFailure(thrown, request.attempts);
  to.metrics.increment('jwt_key_rotation_total', { operation: 'failed' });
  to.metrics.increment('jwt_key_rotation_errors_total');
  await attempt(to, () => settleFailed(to.pool, request, failure));
  await attempt(to, () => recordFailure(to.audit, request, failure));
  if (shouldAlert(to, request, failure)) await raiseFailure(to.alerts, request, failure);
  const details = { request: request.id, attempt: request.attempts, ...failure };
  if (failure.retryInSeconds === undefined) to.logger.error('A rotation failed', details);
  else to.logger.warn('A rotation failed and is tried again', details);
  return failure.retryInSeconds === undefined ? 'failure' : 'retry';
}

async function reportContention(to: Reporting, request: ClaimedRequest): Promise<TaskOutcome> {
  // Never given up: the lock is free at the latest when its time is over.
  const delaySeconds = pauseAfter(request.attempts) ?? longestPauseSeconds;
  const result = 'another rotator holds the lock';
  await postponeRequest(to.pool, request, { delaySeconds, result, contended: true });
  const count = await recentContentions(to.pool);
  to.logger.info('Another rotator holds the lock', { request: request.id, contentions: count });
  if (to.alertOnRetry && count > tolerableContentions) {
    await to.alerts.raise({
      incident: 'rotation:contended',
      kind: 'rotation_contended',
      severity: 'warning',
      title: 'JWT key rotation meets a lock again and again',
      error: `${count} rotation attempts in 15 minutes found another rotator at work`,
    });
  }
  return 'retry';
}

/** A wait is no attempt that ended: it is shown by a gauge of its own, and alerted when it lasts. */
async function reportWait(
  to: Reporting,
  request: ClaimedRequest,
  { laggards, reason, waitedSeconds, alert }: Extract<RotationOutcome, { outcome: 'waiting' }>,
): Promise<TaskOutcome> {
  to.metrics.set('jwt_rotation_awaited_verifiers', laggards.length);
  const waited = Math.round(waitedSeconds);
  if (waitedSeconds === 0) to.logger.info('A rotation waits for verifiers', { request: request.id, reason });
  if (!alert) return 'retry';
  to.logger.error('A rotation cannot go on', { request: request.id, reason, waited_seconds: waited });
  await to.alerts.raise({
    incident: 'rotation:verifiers-behind',
    kind: 'rotation_waits',
    severity: 'critical',
    title: 'JWT key rotation waits for verifiers',
    error: `${reason}, after ${waited} s`,
    context: { verifiers: laggards.join(', '), remedy: 'mend or end them, or: swfx keys rotate --force' },
  });
  return 'retry';
}

/** The first failure of a request is news, and so is its end; what lies between is a retry. */
function shouldAlert(to: Reporting, { attempts }: ClaimedRequest, failure: RotationFailure): boolean {
  const isNews = attempts === 1 || failure.retryInSeconds === undefined;
  return isNews ? to.alertOnError : to.alertOnRetry;
}

async function settleFailed(pool: Pool, request: ClaimedRequest, failure: RotationFailure): Promise<void> {
  const { error: result, retryInSeconds } = failure;
  if (retryInSeconds === undefined) return finishRequest(pool, request, { state: 'failed', result });
  return postponeRequest(pool, request, { delaySeconds: retryInSeconds, result, contended: false });
}

function recordFailure(
  audit: Reporting['audit'],
  request: ClaimedRequest,
  { reason, error }: RotationFailure,
): Promise<void> {
  return audit.record({
    action: 'jwt_key_rotation_failed',
    outcome: 'failure',
    actor: request.requestedBy,
    subject: null,
    operationId: request.id,
    fields: { reason, error },
  });
}

function raiseFailure(
  alerts: Reporting['alerts'],
  request: ClaimedRequest,
  { reason, error, retryInSeconds }: RotationFailure,
): Promise<void> {
  return alerts.raise({
    incident: 'rotation:failed',
    kind: 'rotation_failed',
    severity: 'critical',
    title: 'JWT key rotation failed',
    error,
    context: {
      reason,
      attempt: `${request.attempts} of ${maximumAttempts}`,
      next: retryInSeconds === undefined ? 'given up until the next tick' : `again in ${retryInSeconds} s`,
      requested_by: request.requestedBy,
    },
  });
}

async function attempt({ logger }: Reporting, work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) =>
    logger.warn('A failed rotation could not be noted', { error: errorMessage(error) }),
  );
}
