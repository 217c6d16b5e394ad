import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { slack } from '../destination-row';

/** What became of a test alert when it had ended, or when we stopped waiting. */
export interface TestResult {
  alertId: string;
  delivered: boolean;
  state: 'undecided' | 'pending' | 'sent' | 'suppressed' | 'dead';
  /** Why it is in this state, as a sentence; null when it was delivered. */
  why: string | null;
  attempts: number;
}

const pollMs = 200;

/** Raises a test alert as services raise theirs, audited in the same transaction, and waits for what becomes of it. */
export async function testAlert(
  { audit, alerts, facts: hints, pool }: Pick<Foundation, 'audit' | 'alerts' | 'facts' | 'pool'>,
  request: { message: string; actor: string; waitSeconds: number },
): Promise<TestResult> {
  const alertId = await audit.transaction(async (client, note) => {
    const id = await alerts.raiseIn(client, {
      incident: `test:${randomUUID()}`,
      kind: 'test',
      severity: 'info',
      title: 'Test alert',
      error: request.message,
      context: { requested_by: request.actor },
    });
    await note({
      action: 'alert_test_requested',
      outcome: 'success',
      actor: request.actor,
      subject: null,
      operationId: id,
      fields: { alert_id: id },
    });
    return id;
  });
  await hints.publish(facts.alertRaised, { alertId });
  return waitForEnd(pool, alertId, Date.now() + request.waitSeconds * 1000);
}

async function waitForEnd(db: Queryable, alertId: string, deadline: number): Promise<TestResult> {
  for (;;) {
    const result = await readResult(db, alertId);
    if ((result.state !== 'undecided' && result.state !== 'pending') || Date.now() >= deadline) return result;
    await sleep(pollMs);
  }
}

async function readResult(db: Queryable, alertId: string): Promise<TestResult> {
  const { rows } = await db.query<DeliveryRow>(
    `SELECT state, reason, detail, attempts, next_attempt_at AS "nextAttemptAt",
       CASE WHEN not_before > clock_timestamp() + interval '1 second' THEN not_before END AS "notBefore",
       not_before_reason AS "notBeforeReason"
     FROM alert_delivery JOIN alert_destination ON name = destination WHERE alert_id = $1 AND destination = $2`,
    [alertId, slack],
  );
  const [row] = rows;
  const state = row?.state ?? 'undecided';
  return {
    alertId,
    delivered: state === 'sent',
    state,
    why: state === 'sent' ? null : whyNot(row),
    attempts: row?.attempts ?? 0,
  };
}

interface DeliveryRow {
  state: 'pending' | 'sent' | 'suppressed' | 'dead';
  reason: string | null;
  detail: string | null;
  attempts: number;
  nextAttemptAt: Date;
  /** Set while the destination takes nothing. */
  notBefore: Date | null;
  notBeforeReason: string | null;
}

function whyNot(row: DeliveryRow | undefined): string {
  if (!row) return 'no alert dispatcher has taken it up; is the service running?';
  if (row.reason) {
    const next = row.state === 'pending' ? `; next attempt at ${row.nextAttemptAt.toISOString()}` : '';
    return `${row.reason}${row.detail ? ` (${row.detail})` : ''}${next}`;
  }
  if (row.notBefore)
    return `nothing is posted before ${row.notBefore.toISOString()} (${row.notBeforeReason ?? 'rate_limited'})`;
  return 'it is about to be sent';
}
