/**
 * Brings a destination from what it was told to what it should know, one message at a time: claim, post, settle. The
 * claim decides under the destination's lock what is told next and whether it may be told now, writes down what is
 * about to be told, and leases the destination for longer than a post can take, so that there is one sender among all
 * replicas. A sender that dies between post and mark leaves that one message in doubt and no other: it is told again,
 * and counted as a possible duplicate. A Postgres that is away just then does not, since the mark is tried until it
 * is back.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { inTransaction, isDatabaseUnavailable, type Pool, type PoolClient } from '@swfx/database';
import type { TaskOutcome } from '@swfx/messaging';
import { leaseDestination, lockDestination, releaseDestination } from '../destination-row';
import { composeNotification } from './compose-notification';
import type { PlannedDestination } from './create-destinations';
import type { Verdict } from './classify-response';
import { decideAfterAttempt, type AfterAttempt } from './decide-after-attempt';
import { readSent, settleMessage, startMessage } from './message-rows';
import {
  closeNotices,
  skipReminders,
  holdNotices,
  readOwed,
  type DueNotice,
  type MessageFormat,
  type Owed,
} from './notice-rows';
import type { Notification } from './notification';
import { planSending } from './plan-sending';
import { raiseOwn } from './raise-own';
import type { Reporter } from './report';
import { tokensAt } from './token-bucket';

export interface SendingDeps {
  pool: Pool;
  /** For which a sender alone may post, from before it claims: longer than the transport's time limit. */
  leaseSeconds: number;
  timeoutSeconds: number;
  ttlSeconds: number;
  environment: string;
  report: Reporter;
  random: () => number;
}

/** Sends until nothing is due or nothing may be sent now. */
export async function sendMessages(
  deps: SendingDeps,
  target: PlannedDestination,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  let outcome: TaskOutcome = 'skipped';
  for (;;) {
    const claimed = await claim(deps, target);
    if (!claimed) return outcome;
    const after = await post(deps, target, claimed, signal);
    outcome = outcomes[after.state];
    if (signal.aborted || after.state !== 'sent') return outcome;
  }
}

const outcomes = { sent: 'success', pending: 'retry', dead: 'failure' } as const;

/** A post that this replica alone may make now. */
interface Claim {
  messageId: string;
  items: DueNotice[];
  notification: Notification;
  format: MessageFormat;
  rejections: number;
  /** By this process's own clock, which never goes back, the post can be begun until then. */
  postUntilMs: number;
}

async function claim(
  deps: SendingDeps,
  { destination, policy }: PlannedDestination,
): Promise<Claim | undefined> {
  const { name } = destination;
  const postUntilMs = performance.now() + (deps.leaseSeconds - deps.timeoutSeconds) * 1000;
  const { owed, limited, claimed } = await inTransaction(deps.pool, async (client) => {
    const row = await lockDestination(client, name);
    const owed = await readOwed(client, name, deps.ttlSeconds);
    await settleUnsendable(client, deps, name, owed);
    const plan = planSending(owed.due, row, await readSent(client, name), policy);
    const limited = plan.limited.flatMap(({ items, until }) =>
      items.filter(({ limitedBefore }) => !limitedBefore).map((item) => ({ item, until })),
    );
    await holdNotices(client, name, {
      incidentIds: limited.map(({ item }) => item.incidentId),
      reason: 'rate_limited',
      detail: 'the hourly budget has no room for it',
    });
    if (!plan.next) return { owed, limited, claimed: undefined };
    const { lane, items } = plan.next;
    const messageId = randomUUID();
    await startMessage(client, { id: messageId, destination: name, lane, items });
    const tokensLeft = tokensAt(row.bucket, row.now) - 1;
    await leaseDestination(client, name, { id: messageId, seconds: deps.leaseSeconds, tokensLeft });
    const message = { id: messageId, items, now: row.now, environment: deps.environment };
    const notification = await composeNotification(client, message);
    const format: MessageFormat = items.some((item) => item.format === 'plain') ? 'plain' : 'blocks';
    const { rejections } = row;
    return { owed, limited, claimed: { messageId, items, notification, format, rejections, postUntilMs } };
  });
  deps.report.held(name, owed);
  for (const { item, until } of limited) deps.report.limited(name, item, until);
  if (claimed) deps.report.doubted(name, claimed.items.filter(isInDoubt));
  return claimed;
}

/** It may have been told before: a post of it had no answer, or its sender died. */
function isInDoubt({ tried, message }: DueNotice): boolean {
  return tried === (message === 'firing' ? 'firing' : 'ended');
}

/** What is owed no more, what has outlived its time, what a maintenance window holds. */
async function settleUnsendable(
  client: PoolClient,
  { ttlSeconds, environment }: SendingDeps,
  name: string,
  { closed, stale, muted }: Owed,
): Promise<void> {
  const dead = { outcome: 'dead', reason: 'expired', detail: 'not told in its time to live' } as const;
  await closeNotices(client, name, [
    ...closed.map(({ incidentId, outcome }) => ({ incidentId, outcome })),
    ...stale.map(({ incidentId }) => ({ incidentId, ...dead })),
  ]);
  if (stale.length > 0)
    await raiseOwn(client, environment, { own: 'given_up', destination: name, stale, ttlSeconds });
  await holdNotices(client, name, {
    incidentIds: muted.map(({ incidentId }) => incidentId),
    reason: 'muted',
    detail: 'held by a maintenance window',
  });
}

async function post(
  deps: SendingDeps,
  { destination }: PlannedDestination,
  claimed: Claim,
  signal: AbortSignal,
): Promise<AfterAttempt> {
  const { items, format, rejections, notification } = claimed;
  const number = Math.max(...items.slice(0, 1).map(({ attempts }) => attempts)) + 1;
  const thread = items.length === 1 ? (items[0]?.thread ?? null) : null;
  const isLate = performance.now() > claimed.postUntilMs;
  const verdict = isLate ? paused : await destination.tell(notification, { format, thread, signal });
  const after = decideAfterAttempt(verdict, { number, format, rejections }, deps.random);
  const seconds = await settle(deps, { ...claimed, destination: destination.name, after }, signal);
  deps.report.attempted(destination.name, { items, attempt: number, seconds }, after);
  return after;
}

/**
 * A process that was paused (SIGSTOP, a machine that sleeps) between claim and post may not post any more: its lease
 * is another's soon, and what it has to tell may be over by then.
 */
const paused: Verdict = {
  outcome: 'retry',
  reason: 'timeout',
  detail: 'this dispatcher was paused before it could post',
  unsent: true,
};

type Settling = Claim & { destination: string; after: AfterAttempt };

async function settle(deps: SendingDeps, settling: Settling, signal: AbortSignal): Promise<number[]> {
  for (;;) {
    try {
      return await storeSettlement(deps, settling);
    } catch (error) {
      if (!isDatabaseUnavailable(error) && !isDeadlock(error)) throw error;
      await sleep(500, undefined, { signal });
    }
  }
}

/** Postgres has ended one of two transactions that waited for each other; what it undid is to be done again. */
function isDeadlock(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === '40P01';
}

/** One transaction: what was told, when the next may be told, and what is to be said of the destination itself. */
function storeSettlement({ pool, environment }: SendingDeps, settling: Settling): Promise<number[]> {
  const { destination, messageId, rejections, after, items } = settling;
  const refusesAll = after.state === 'pending' && after.reason === 'rejected';
  const failed = after.state === 'sent' ? undefined : after;
  const pending = after.state === 'pending' ? after : undefined;
  return inTransaction(pool, async (client) => {
    await lockDestination(client, destination);
    const seconds = await settleMessage(client, {
      messageId,
      destination,
      outcome: after.state === 'sent' ? 'delivered' : pending && !pending.certain ? 'unknown' : 'refused',
      reason: failed?.reason ?? null,
      detail: failed?.detail ?? null,
      thread: after.state === 'sent' && items.length === 1 ? after.thread : null,
      format: pending?.format ?? null,
      retryAfterSeconds: pending?.afterSeconds ?? 0,
    });
    const known = refusesAll ? rejections + 1 : after.state === 'sent' ? 0 : rejections;
    await releaseDestination(client, destination, {
      leaseId: messageId,
      holdSeconds: pending?.holdSeconds ?? 0,
      reason: pending && pending.holdSeconds > 0 ? pending.reason : null,
      rejections: seconds === 'taken over' ? null : known,
    });
    if (seconds === 'taken over') return [];
    if (after.state === 'dead') await giveUp(client, destination, { items, after });
    if (refusesAll && rejections === 0)
      await raiseOwn(client, environment, { own: 'rejected', destination, detail: after.detail });
    if (after.state === 'sent' && rejections > 0)
      await raiseOwn(client, environment, { own: 'mended', destination });
    return seconds;
  });
}

/** What people were not told of is given up; of what they were told of before, only this reminder: its end is still owed. */
async function giveUp(
  client: PoolClient,
  destination: string,
  { items, after }: { items: readonly DueNotice[]; after: Extract<AfterAttempt, { state: 'dead' }> },
): Promise<void> {
  const { reason, detail } = after;
  const reminders = items.filter(({ message, sentState }) => message === 'firing' && sentState === 'firing');
  const others = items.filter((item) => !reminders.includes(item));
  await skipReminders(client, destination, reminders);
  await closeNotices(
    client,
    destination,
    others.map(({ incidentId }) => ({ incidentId, outcome: 'dead', reason, detail })),
  );
}
