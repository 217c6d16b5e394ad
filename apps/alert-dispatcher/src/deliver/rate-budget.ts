/**
 * How many messages people can bear: so many in any hour, counted over what was sent, so that a restart or a second
 * replica forgets nothing. Four of ten are kept for critical alerts. When all is spent a critical one still goes,
 * once a minute; the others wait for their turn.
 */
import type { Severity } from '@swfx/alerts';

export interface SentMessage {
  sentAt: Date;
  severity: Severity;
}

export interface BudgetPolicy {
  maxPerHour: number;
}

export type BudgetVerdict = { allowed: true } | { allowed: false; until: Date };

const hourMs = 3_600_000;
const overdraftMs = 60_000;
const reservedShare = 0.4;

/** Whether a message of this severity may be sent now, or when. `sent` holds at least the last hour. */
export function checkBudget(
  severity: Severity,
  sent: readonly SentMessage[],
  policy: BudgetPolicy,
  now: Date,
): BudgetVerdict {
  const critical = timesOf(sent.filter((message) => message.severity === 'critical'));
  const ordinary = timesOf(sent.filter((message) => message.severity !== 'critical'));
  const anyFreesAt = freesAt([...critical, ...ordinary], policy.maxPerHour);
  const reserved = Math.floor(policy.maxPerHour * reservedShare);
  const at =
    severity === 'critical'
      ? Math.min(anyFreesAt, Math.max(0, ...critical) + overdraftMs)
      : Math.max(anyFreesAt, freesAt(ordinary, policy.maxPerHour - reserved));
  return at <= now.getTime() ? { allowed: true } : { allowed: false, until: new Date(at) };
}

function timesOf(messages: readonly SentMessage[]): number[] {
  return messages.map((message) => message.sentAt.getTime());
}

/** When one more fits below the limit: an hour after the message that has to leave the window first, or always. */
function freesAt(times: readonly number[], limit: number): number {
  const oldestFirst = times.toSorted((a, b) => a - b);
  const toLeave = oldestFirst[oldestFirst.length - limit];
  return toLeave === undefined ? 0 : toLeave + hourMs;
}
