/**
 * Which delivery is next, and which have to wait. Asked when work is looked for, and again under the destination's
 * lock when one is claimed: what was allowed a moment ago may not be any more.
 */
import type { Severity } from '@swfx/alerts';
import { checkBudget, type BudgetPolicy, type SentMessage } from './rate-budget';

/** A delivery that is due. */
export interface Candidate {
  alertId: string;
  severity: Severity;
}

/** A destination as its row tells it, at `now` by the same clock. */
export interface DestinationState {
  now: Date;
  notBefore: Date;
  senderUntil: Date | null;
}

export interface Plan<Due extends Candidate> {
  /** The delivery to make now, if any. */
  next: Due | undefined;
  /** Deliveries that the hourly budget holds back, and until when. */
  deferred: { delivery: Due; until: Date }[];
}

/** Plans over deliveries in their order: critical before warning before info, the oldest first. */
export function planSending<Due extends Candidate>(
  due: readonly Due[],
  destination: DestinationState,
  sent: readonly SentMessage[],
  policy: BudgetPolicy,
): Plan<Due> {
  const plan: Plan<Due> = { next: undefined, deferred: [] };
  if (isBusy(destination)) return plan;
  for (const delivery of due) {
    const verdict = checkBudget(delivery.severity, sent, policy, destination.now);
    if (verdict.allowed) return { ...plan, next: delivery };
    plan.deferred.push({ delivery, until: verdict.until });
  }
  return plan;
}

/** Another post is in hand, or nothing may be posted yet. */
function isBusy({ now, notBefore, senderUntil }: DestinationState): boolean {
  return notBefore > now || (senderUntil !== null && senderUntil > now);
}
