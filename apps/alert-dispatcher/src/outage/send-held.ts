/**
 * Sends while Postgres is away what is held in Redis, one message a call: by one replica at a time (a lease in Redis),
 * within the same budget, marked before and after the post like any other message. It is the same promise with the
 * means at hand: nothing is lost, and what is in doubt is told again and counted.
 */
import { randomUUID } from 'node:crypto';
import type { Alert } from '@swfx/alerts';
import { errorMessage } from '@swfx/errors';
import type { Foundation } from '@swfx/service';
import type { RoutePolicy } from '../decide/routes';
import type { PlannedDestination } from '../deliver/create-destinations';
import { decideAfterAttempt } from '../deliver/decide-after-attempt';
import type { Notification } from '../deliver/notification';
import { planSending } from '../deliver/plan-sending';
import type { SentMessage } from '../deliver/rate-budget';
import { bucket } from '../deliver/token-bucket';
import { isMuted, type Window } from './windows';
import { planHeld, toldField, type HeldNews, type Told, type ToldInOutage } from './plan-held';
import type { ToldStore } from './told-in-outage';

export interface HeldSending {
  redis: Foundation['redis'];
  logger: Foundation['logger'];
  metrics: Foundation['metrics'];
  told: ToldStore;
  readHeld: () => Promise<Alert[]>;
  destinations: readonly PlannedDestination[];
  policy: RoutePolicy;
  environment: string;
  /** Longer than a post may take. */
  leaseSeconds: number;
  /** What Postgres knew of the last hour when it was last asked. */
  sentBefore: (destination: string) => readonly SentMessage[];
  /** The maintenance windows that it knew then. */
  windows: () => readonly Window[];
}

const leaseKey = 'alert-dispatcher:outage-sender';
const holdKey = (destination: string) => `alert-dispatcher:outage-hold:${destination}`;

/** Tells each destination the next thing that it should know, if one may be told now. Never throws. */
export async function sendHeld(sending: HeldSending, signal: AbortSignal): Promise<void> {
  const { redis, logger } = sending;
  if (redis.status !== 'ready' || sending.destinations.length === 0) return;
  const id = randomUUID();
  try {
    if ((await redis.set(leaseKey, id, 'EX', sending.leaseSeconds, 'NX')) !== 'OK') return;
    const held = await sending.readHeld();
    for (const target of sending.destinations) {
      // Each may take as long as a post takes.
      if ((await redis.get(leaseKey)) !== id) return;
      await redis.expire(leaseKey, sending.leaseSeconds);
      await sendNext(sending, target, held, signal);
    }
  } catch (error) {
    logger.warn('What is held in Redis could not be sent', { error: errorMessage(error) });
  } finally {
    if ((await redis.get(leaseKey).catch(() => null)) === id)
      await redis.del(leaseKey).catch(() => undefined);
  }
}

async function sendNext(
  sending: HeldSending,
  target: PlannedDestination,
  held: readonly Alert[],
  signal: AbortSignal,
): Promise<void> {
  const { name } = target.destination;
  const told = await sending.told.read();
  const now = new Date();
  const due = planHeld(held, told, name, sending.policy).filter(
    ({ message, severity, alert: { service, incident: key } }) =>
      message !== 'firing' || !isMuted({ severity, service, key }, sending.windows(), now),
  );
  if (due.length === 0 || (await sending.redis.exists(holdKey(name)))) return;
  const state = { now, notBefore: now, senderUntil: null, bucket: { tokens: bucket.burst, at: now } };
  const sent = [...sending.sentBefore(name), ...sentIn(told, name, now)];
  const { next } = planSending(due, state, sent, target.policy);
  if (next) await post(sending, target, { ...next, id: randomUUID(), now, told }, signal);
}

interface HeldMessage {
  id: string;
  lane: 'urgent' | 'ordinary';
  items: HeldNews[];
  now: Date;
  told: Told;
}

async function post(
  { redis, logger, metrics, told, environment }: HeldSending,
  { destination }: PlannedDestination,
  message: HeldMessage,
  signal: AbortSignal,
): Promise<void> {
  const { name } = destination;
  const before = entriesOf(message, name, (_, known) => known);
  const doubted = message.items.filter(
    ({ alert }) => message.told.get(toldField(name, alert.incident))?.certain === false,
  );
  if (doubted.length > 0)
    metrics.add('alerts_possible_duplicates_total', doubted.length, { destination: name });
  await told.write(entriesOf(message, name, (news) => entryOf(news, message, false)));
  const notification = notificationOf(message, environment);
  const verdict = await destination.tell(notification, { format: 'blocks', thread: null, signal });
  const after = decideAfterAttempt(verdict, { number: 1, format: 'blocks', rejections: 0 }, Math.random);
  if (after.state === 'sent') {
    await told.write(entriesOf(message, name, (news) => entryOf(news, message, true)));
    logger.info('Slack alert sent successfully', {
      destination: name,
      items: message.items.length,
      outage: true,
    });
    const [first] = message.items;
    if (first) metrics.increment('alerts_sent_total', { destination: name, severity: first.severity });
    // The bucket is in Postgres: without it there is no burst, for however many replicas.
    await redis.set(holdKey(name), 'budget', 'PX', bucket.secondsPerToken * 1000);
    return;
  }
  metrics.increment('alerts_failed_total', { reason: after.reason });
  logger.warn('Slack alert failed', {
    destination: name,
    reason: after.reason,
    detail: after.detail,
    outage: true,
  });
  const waitSeconds = after.state === 'pending' ? Math.max(after.holdSeconds, after.afterSeconds, 1) : 60;
  await redis.set(holdKey(name), after.reason, 'PX', Math.ceil(waitSeconds * 1000));
  // What certainly did not arrive is as untold as before.
  if (after.state === 'pending' && !after.certain) return;
  await told.write(before);
  const fresh = message.items
    .map(({ alert }) => toldField(name, alert.incident))
    .filter((field) => !before.has(field));
  await told.remove(fresh);
}

function entriesOf(
  { items, told }: HeldMessage,
  destination: string,
  make: (news: HeldNews, known: ToldInOutage | undefined) => ToldInOutage | undefined,
): Map<string, ToldInOutage> {
  const entries = new Map<string, ToldInOutage>();
  for (const news of items) {
    const field = toldField(destination, news.alert.incident);
    const entry = make(news, told.get(field));
    if (entry) entries.set(field, entry);
  }
  return entries;
}

function entryOf(news: HeldNews, { id, lane, now }: HeldMessage, certain: boolean): ToldInOutage {
  const { alert, severity, message } = news;
  const state = message === 'firing' ? 'firing' : 'ended';
  return { alertId: alert.id, state, severity, messageId: id, at: now.toISOString(), lane, certain };
}

/** Messages of this outage, each once, for the budget. */
function sentIn(told: Told, destination: string, now: Date): SentMessage[] {
  const messages = new Map<string, SentMessage>();
  for (const [field, { messageId, at, lane }] of told)
    if (field.startsWith(`${destination}\n`)) messages.set(messageId, { sentAt: new Date(at), lane });
  return [...messages.values()].filter(({ sentAt }) => sentAt.getTime() > now.getTime() - 3_600_000);
}

function notificationOf({ id, items, now }: HeldMessage, environment: string): Notification {
  const [first] = items;
  if (first && items.length === 1) {
    const { alert, end, reports, message: act } = first;
    const endedAt = end ? new Date(end.occurredAt) : null;
    const story = { reports, tally: {}, openedAt: new Date(alert.occurredAt), endedAt, alert, end };
    return { form: 'incident', act, incidentId: alert.id, story, lateSeconds: 0 };
  }
  return {
    form: 'digest',
    messageId: id,
    environment,
    now,
    items: items.map(({ message: act, severity, alert: { incident, service } }) => ({
      act,
      incident,
      severity,
      service,
    })),
  };
}
