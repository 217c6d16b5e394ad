/**
 * Where accepted alerts wait while Postgres is unreachable: a list in Redis, used only where Redis has every write on
 * its disk before it answers (`appendonly yes`, `appendfsync always`). An entry leaves the list after Postgres has it;
 * several replicas may drain at once, since storing an alert twice is harmless. Whoever took an alert keeps it in memory
 * too until then: a Redis that is flushed, or does not come back before Postgres does, takes nothing along.
 */
import { alertSchema, type Alert } from '@swfx/alerts';
import { isDatabaseUnavailable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import type { Foundation } from '@swfx/service';

export interface HeldAlerts {
  /** Whether an alert would be safe here; rejects when Redis cannot be asked. */
  isDurable(): Promise<boolean>;
  /** Keeps alerts in their order, all of them or none. */
  hold(alerts: readonly Alert[]): Promise<void>;
  /** What is held, oldest first, without taking it. */
  read(): Promise<Alert[]>;
  /** Hands held alerts on, oldest first; returns how many. While Redis is away there is nothing to hand on. */
  drain(store: (alert: Alert) => Promise<void>): Promise<number>;
}

const mostRead = 10_000;
const list = 'alert-dispatcher:held-alerts';
/** Entries that this version cannot read: kept for people, and out of the way of the others. */
const unreadableList = 'alert-dispatcher:unreadable-alerts';

export function createHeldAlerts(redis: Foundation['redis'], logger: Logger): HeldAlerts {
  /** What this process held, oldest first. */
  const mine = new Map<string, Alert>();

  /** Those that are not known to be in Postgres; a repetition in its first place. */
  async function drainMine(store: (alert: Alert) => Promise<void>): Promise<void> {
    for (const [id, alert] of mine) {
      await store(alert).catch((error: unknown) => {
        if (isDatabaseUnavailable(error)) throw error;
      });
      mine.delete(id);
    }
  }

  async function handOn(entry: string, store: (alert: Alert) => Promise<void>): Promise<void> {
    const alert = readAlert(entry);
    if (!alert) return putAside(entry, 'it cannot be read');
    await store(alert).catch((error: unknown) => {
      if (isDatabaseUnavailable(error)) throw error;
      return putAside(entry, errorMessage(error));
    });
  }

  /** One entry that cannot be stored must not keep those behind it. */
  async function putAside(entry: string, reason: string): Promise<void> {
    logger.error('An alert held in Redis was put aside', { list: unreadableList, reason });
    await redis.rpush(unreadableList, entry);
  }

  return {
    async isDurable() {
      const settings = asRecord(await redis.config('GET', 'append*'));
      return settings['appendonly'] === 'yes' && settings['appendfsync'] === 'always';
    },
    async hold(alerts) {
      await redis.rpush(list, ...alerts.map((alert) => JSON.stringify(alert)));
      if (mine.size < mostRead) for (const alert of alerts) mine.set(alert.id, alert);
    },
    async read() {
      const entries = await redis.lrange(list, 0, mostRead - 1);
      const listed = entries.flatMap((entry) => readAlert(entry) ?? []);
      const ids = new Set(listed.map(({ id }) => id));
      return [...listed, ...[...mine.values()].filter(({ id }) => !ids.has(id))];
    },
    async drain(store) {
      for (let drained = 0; ; drained += 1) {
        const entry = redis.status === 'ready' ? await redis.lindex(list, 0).catch(() => null) : null;
        if (entry === null) return (await drainMine(store), drained);
        await handOn(entry, store);
        // A Redis that goes away just now keeps the entry: to store it again is harmless, to fail for it is not.
        const isRemoved = await redis.lrem(list, 1, entry).then(
          () => true,
          () => false,
        );
        if (!isRemoved) return (await drainMine(store), drained);
      }
    },
  };
}

function readAlert(entry: string): Alert | undefined {
  try {
    return alertSchema.parse(JSON.parse(entry));
  } catch {
    return undefined;
  }
}

/** The reply of CONFIG GET: names and values in turn. */
function asRecord(reply: unknown): Record<string, string> {
  const words = reply as string[];
  return Object.fromEntries(
    words.flatMap((name, index) => (index % 2 === 0 ? [[name, words[index + 1] ?? '']] : [])),
  );
}
