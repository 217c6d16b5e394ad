/**
 * One attempt to deliver one alert: claim, post, settle. The claim asks again, under the destination's lock, whether
 * this may be posted now, and leases the destination for longer than a post can take, so that there is one sender
 * among all replicas. Between the post and its mark a crash repeats that one message and no other; a Postgres that
 * is away just then does not, since the mark is tried until it is back.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, isDatabaseUnavailable, type Pool } from '@swfx/database';
import type { TaskOutcome } from '@swfx/messaging';
import { leaseDestination, lockDestination, releaseDestination, slack } from '../destination-row';
import { classifySlackResponse } from './classify-slack-response';
import { decideAfterAttempt, type AfterAttempt } from './decide-after-attempt';
import { countAttempt, readDueDelivery, readSent, settleDelivery, type DueDelivery } from './delivery-rows';
import { planSending } from './plan-sending';
import type { Reporter } from './report';
import { slackMessage } from './slack-message';
import type { SlackTransport } from './slack-transport';

export interface DeliveryDeps {
  pool: Pool;
  transport: SlackTransport;
  /** Longer than the transport's time limit. */
  leaseSeconds: number;
  maxPerHour: number;
  report: Reporter;
  random: () => number;
}

/** Slack takes about one message a second and channel. */
const gapSeconds = 1;

export async function deliverAlert(
  deps: DeliveryDeps,
  alertId: string,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const leaseId = randomUUID();
  const claimed = await claim(deps, alertId, leaseId);
  if (!claimed) return 'skipped';
  const { alert, format } = claimed;
  const attempt = claimed.attempts + 1;
  const response = await deps.transport.post(slackMessage(alert, format), signal);
  const verdict = classifySlackResponse(response, new Date());
  const after = decideAfterAttempt(verdict, { number: attempt, format }, deps.random);
  const seconds = await settle(deps, { alertId, leaseId, after }, signal);
  deps.report.attempted(
    { alertId, incident: alert.incident, severity: alert.severity, attempt },
    after,
    seconds,
  );
  return outcomes[after.state];
}

const outcomes = { sent: 'success', pending: 'retry', dead: 'failure' } as const;

async function claim(deps: DeliveryDeps, alertId: string, leaseId: string): Promise<DueDelivery | undefined> {
  return inTransaction(deps.pool, async (client) => {
    const destination = await lockDestination(client, slack);
    const delivery = await readDueDelivery(client, alertId);
    if (!delivery) return undefined;
    const candidate = { alertId, severity: delivery.alert.severity };
    const plan = planSending([candidate], destination, await readSent(client), deps);
    if (!plan.next) return undefined;
    await countAttempt(client, alertId);
    await leaseDestination(client, slack, { id: leaseId, seconds: deps.leaseSeconds });
    return delivery;
  });
}

interface Settlement {
  alertId: string;
  leaseId: string;
  after: AfterAttempt;
}

async function settle(
  deps: DeliveryDeps,
  settlement: Settlement,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (;;) {
    try {
      return await storeSettlement(deps.pool, settlement);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      await sleep(500, undefined, { signal });
    }
  }
}

function storeSettlement(pool: Pool, { alertId, leaseId, after }: Settlement): Promise<number | undefined> {
  const hold = after.state === 'pending' && after.holdSeconds > 0 ? after : undefined;
  return inTransaction(pool, async (client) => {
    await lockDestination(client, slack);
    await releaseDestination(client, slack, {
      leaseId,
      holdSeconds: Math.max(gapSeconds, hold?.holdSeconds ?? 0),
      reason: hold?.reason ?? null,
    });
    return settleDelivery(client, alertId, after);
  });
}
