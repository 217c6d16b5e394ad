import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Queryable } from '@swfx/database';
import { facts } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { listAlerts, type AlertState, type ListedAlert } from './list-alerts';

/** What became of a test alert when it had ended, or when we stopped waiting. */
export interface TestResult {
  alertId: string;
  delivered: boolean;
  state: AlertState;
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
  const [alert] = await listAlerts(db, { limit: 1, id: alertId });
  const { state, attempts } = alert ?? { state: 'undecided', attempts: 0 };
  const delivered = state === 'sent';
  const why = delivered ? null : alert?.reason ? reasonOf(alert) : await waitingFor(db, state);
  return { alertId, delivered, state, why, attempts };
}

function reasonOf({ reason, detail, state, nextAttemptAt }: ListedAlert): string {
  const next = state === 'pending' && nextAttemptAt ? `; next attempt at ${nextAttemptAt.toISOString()}` : '';
  return `${reason}${detail ? ` (${detail})` : ''}${next}`;
}

/** Nothing is said of the alert itself: either nobody looks at it, or its destination takes nothing now. */
async function waitingFor(db: Queryable, state: AlertState): Promise<string> {
  if (state === 'undecided') return 'no alert dispatcher has taken it up; is the service running?';
  const { rows } = await db.query<{ name: string; notBefore: Date; reason: string | null }>(
    `SELECT name, not_before AS "notBefore", not_before_reason AS reason FROM alert_destination
     WHERE not_before > clock_timestamp() ORDER BY not_before LIMIT 1`,
  );
  const [held] = rows;
  if (!held) return 'it is about to be sent';
  const { name, notBefore, reason } = held;
  return `nothing is posted to ${name} before ${notBefore.toISOString()} (${reason ?? 'rate_limited'})`;
}
