/**
 * How many messages people can bear: so many in any hour, counted over what was posted, so that a restart or a second
 * replica forgets nothing. Four of ten are kept for what is critical and for the end of anything. When all is spent,
 * what is critical still goes, one message a minute; the others wait for their turn.
 */

/** `urgent`: critical, or the end of something. */
export type Lane = 'urgent' | 'ordinary';

export interface SentMessage {
  sentAt: Date;
  lane: Lane;
}

export interface BudgetPolicy {
  maxPerHour: number;
}

/** `last`: after this one the next must wait, so that it had better speak for all that wait. */
export type BudgetVerdict = { allowed: true; last: boolean } | { allowed: false; until: Date };

const hourMs = 3_600_000;
const overdraftMs = 60_000;
const reservedShare = 0.4;

/** Whether one more message may be posted now, or when. `sent` holds at least the last hour. */
export function checkBudget(
  message: { lane: Lane; critical: boolean },
  sent: readonly SentMessage[],
  policy: BudgetPolicy,
  now: Date,
): BudgetVerdict {
  const at = allowedAt(message, sent, policy);
  if (at > now.getTime()) return { allowed: false, until: new Date(at) };
  const next = allowedAt(message, [...sent, { sentAt: now, lane: message.lane }], policy);
  return { allowed: true, last: next > now.getTime() };
}

function allowedAt(
  { lane, critical }: { lane: Lane; critical: boolean },
  sent: readonly SentMessage[],
  { maxPerHour }: BudgetPolicy,
): number {
  const all = sent.map(({ sentAt }) => sentAt.getTime());
  const anyFreesAt = freesAt(all, maxPerHour);
  if (critical) return Math.min(anyFreesAt, Math.max(0, ...all) + overdraftMs);
  if (lane === 'urgent') return anyFreesAt;
  const ordinary = sent
    .filter((message) => message.lane === 'ordinary')
    .map(({ sentAt }) => sentAt.getTime());
  return Math.max(anyFreesAt, freesAt(ordinary, maxPerHour - Math.floor(maxPerHour * reservedShare)));
}

/** When one more fits below the limit: an hour after the message that has to leave the window first, or always. */
function freesAt(times: readonly number[], limit: number): number {
  const oldestFirst = times.toSorted((a, b) => a - b);
  const toLeave = oldestFirst[oldestFirst.length - limit];
  return toLeave === undefined ? 0 : toLeave + hourMs;
}
