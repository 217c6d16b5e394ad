/**
 * What is due, asked of Postgres by every replica on its timer: decides what was accepted, ends what is too old, sets
 * aside what the budget has no room for, and names the one delivery that is next. One at a time, so that an alert
 * that turns up late but is more urgent never queues behind what was found before it.
 */
import { inTransaction, type Pool } from '@swfx/database';
import { decideAlerts } from '../decide/decide-alerts';
import { disabledDetail, type DecisionPolicy } from '../decide/decide-delivery';
import { lockDestination, slack } from '../destination-row';
import {
  deferDeliveries,
  expireDeliveries,
  isAnyPending,
  readDue,
  readSent,
  suppressPending,
} from './delivery-rows';
import { planSending } from './plan-sending';
import type { BudgetPolicy } from './rate-budget';
import type { Reporter } from './report';

export interface FindWorkDeps {
  pool: Pool;
  policy: DecisionPolicy & BudgetPolicy;
  report: Reporter;
}

/** The id of the alert to deliver now, if there is one. */
export async function findWork(deps: FindWorkDeps): Promise<string[]> {
  const { pool, policy, report } = deps;
  for (const alert of await decideAlerts(pool, policy)) report.decided(alert);
  if (!(await isAnyPending(pool))) return [];
  if (!policy.enabled) {
    report.disabled(await inTransaction(pool, (client) => suppressPending(client, disabledDetail)));
    return [];
  }
  const next = await planDeliveries(deps);
  return next === undefined ? [] : [next];
}

async function planDeliveries({ pool, policy, report }: FindWorkDeps): Promise<string | undefined> {
  const { expired, plan } = await inTransaction(pool, async (client) => {
    const destination = await lockDestination(client, slack);
    const expired = await expireDeliveries(client);
    const plan = planSending(await readDue(client), destination, await readSent(client), policy);
    await deferDeliveries(client, plan.deferred);
    return { expired, plan };
  });
  for (const alert of expired) report.expired(alert);
  for (const { delivery, until } of plan.deferred) report.deferred(delivery, until);
  return plan.next?.alertId;
}
