/**
 * What a destination is told next. Critical goes before warning before info, the oldest first; one message tells of
 * one incident, unless so many wait, or for so long, or the budget ends with this message: then a digest tells of all
 * in its lane. Asked when a message is claimed, under the destination's lock.
 */
import type { Severity } from '@swfx/alerts';
import type { NoticeDecision } from '../decide/decide-notice';
import { checkBudget, type BudgetPolicy, type Lane, type SentMessage } from './rate-budget';
import { tokensAt, type TokenBucket } from './token-bucket';

/** A notice that is due, and what it has to tell. */
export interface Candidate {
  severity: Severity;
  message: Extract<NoticeDecision, { act: 'send' }>['message'];
  /** Since when it could have been told. */
  since: Date;
}

/** A destination as its row tells it, at `now` by the same clock. */
export interface DestinationState {
  now: Date;
  notBefore: Date;
  senderUntil: Date | null;
  bucket: TokenBucket;
}

export interface PlanPolicy extends BudgetPolicy {
  digestDepth: number;
  digestAgeSeconds: number;
}

export interface Plan<Due extends Candidate> {
  /** The message to post now, if any; more than one item make a digest. */
  next: { lane: Lane; items: Due[] } | undefined;
  /** What the hourly budget holds back, and until when. */
  limited: { items: Due[]; until: Date }[];
}

/** Plans over notices in their order. */
export function planSending<Due extends Candidate>(
  due: readonly Due[],
  destination: DestinationState,
  sent: readonly SentMessage[],
  policy: PlanPolicy,
): Plan<Due> {
  const plan: Plan<Due> = { next: undefined, limited: [] };
  if (isBusy(destination)) return plan;
  for (const items of classesOf(due)) {
    const [first] = items;
    if (!first) continue;
    const lane = laneOf(first);
    const verdict = checkBudget({ lane, critical: isCritical(first) }, sent, policy, destination.now);
    if (!verdict.allowed) {
      plan.limited.push({ items, until: verdict.until });
      continue;
    }
    const together = verdict.last || isStorm(items, destination.now, policy);
    return { ...plan, next: { lane, items: together ? items : [first] } };
  }
  return plan;
}

/** What shares a part of the budget, and so a digest: what is critical, the ends of the rest, the rest. */
function classesOf<Due extends Candidate>(due: readonly Due[]): Due[][] {
  const critical = due.filter(isCritical);
  const ends = due.filter((item) => !isCritical(item) && laneOf(item) === 'urgent');
  const ordinary = due.filter((item) => laneOf(item) === 'ordinary');
  return [critical, ends, ordinary];
}

function isCritical({ severity }: Candidate): boolean {
  return severity === 'critical';
}

function laneOf(item: Candidate): Lane {
  return isCritical(item) || item.message !== 'firing' ? 'urgent' : 'ordinary';
}

function isStorm(items: readonly Candidate[], now: Date, policy: PlanPolicy): boolean {
  if (items.length > policy.digestDepth) return true;
  const longAgo = now.getTime() - policy.digestAgeSeconds * 1000;
  return items.length > 1 && items.some(({ since }) => since.getTime() < longAgo);
}

/** Another post is in hand, nothing may be posted yet, or the burst is spent. */
function isBusy({ now, notBefore, senderUntil, bucket }: DestinationState): boolean {
  return notBefore > now || (senderUntil !== null && senderUntil > now) || tokensAt(bucket, now) < 1;
}
