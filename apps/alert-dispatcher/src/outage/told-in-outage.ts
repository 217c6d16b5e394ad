/** What was told during an outage of Postgres is kept in Redis beside the alerts, and brought to Postgres with them. */
import type { PoolClient } from '@swfx/database';
import type { Foundation } from '@swfx/service';
import { z } from 'zod';
import type { Told, ToldInOutage } from './plan-held';

const hash = 'alert-dispatcher:told-in-outage';
const keptSeconds = 7 * 86_400;

const toldSchema = z.object({
  alertId: z.uuid(),
  state: z.enum(['firing', 'ended']),
  severity: z.enum(['critical', 'warning', 'info']),
  messageId: z.uuid(),
  at: z.string(),
  lane: z.enum(['urgent', 'ordinary']),
  certain: z.boolean(),
});

export interface ToldStore {
  /** Empty while Redis is away. */
  read(): Promise<Told>;
  write(entries: Told): Promise<void>;
  remove(fields: readonly string[]): Promise<void>;
}

export function createToldStore(redis: Foundation['redis']): ToldStore {
  return {
    async read() {
      const isThere = redis.status === 'ready';
      const fields: Record<string, string> = isThere ? await redis.hgetall(hash).catch(() => ({})) : {};
      return new Map(
        Object.entries(fields).flatMap(([field, value]): [string, ToldInOutage][] => {
          const parsed = toldSchema.safeParse(parseJson(value));
          return parsed.success ? [[field, parsed.data]] : [];
        }),
      );
    },
    async write(entries) {
      if (entries.size === 0) return;
      const values = [...entries].map(([field, told]) => [field, JSON.stringify(told)] as const);
      await redis.multi().hset(hash, Object.fromEntries(values)).expire(hash, keptSeconds).exec();
    },
    async remove(fields) {
      if (fields.length > 0) await redis.hdel(hash, ...fields);
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What of it Postgres knows now, and how much of that may have been told twice. */
export interface Reconciled {
  fields: string[];
  possibleDuplicates: number;
}

/**
 * Brings what was told to Postgres, as part of the transaction that decides on the alerts it tells of: no sender sees
 * those without this. What had been told before the outage too is a possible duplicate.
 */
export async function reconcileTold(client: PoolClient, told: Told): Promise<Reconciled> {
  if (told.size === 0) return { fields: [], possibleDuplicates: 0 };
  const entries = [...told].map(([field, entry]) => ({
    field,
    destination: field.split('\n', 1)[0],
    ...entry,
  }));
  const { rows } = await client.query<{ field: string; known: boolean }>(
    `WITH given AS (
       SELECT given.*, notice.incident_id, notice.sent_state <> 'nothing' AS known, incident.revision
       FROM json_to_recordset($1) AS given (field text, destination text, "alertId" uuid, state text, "messageId" uuid,
           at timestamptz, lane text, certain boolean)
         JOIN alert ON alert.id = given."alertId"
         JOIN alert_incident AS incident ON incident.id = alert.incident_id
         JOIN alert_notice AS notice ON notice.incident_id = incident.id AND notice.destination = given.destination
     ), messages AS (
       INSERT INTO alert_message (id, destination, form, lane, items, started_at, finished_at, outcome, reason)
       SELECT DISTINCT ON ("messageId") "messageId", destination, 'incident', lane, 1, at, at, 'delivered', 'outage'
       FROM given WHERE certain ON CONFLICT DO NOTHING
     ), notices AS (
       UPDATE alert_notice AS notice SET attempts = attempts + 1,
         sent_state = CASE WHEN certain THEN given.state ELSE notice.sent_state END,
         tried_state = CASE WHEN certain THEN NULL ELSE given.state END,
         sent_revision = CASE WHEN certain THEN given.revision ELSE sent_revision END,
         told_at = CASE WHEN certain THEN coalesce(told_at, at) ELSE told_at END
       FROM given WHERE notice.incident_id = given.incident_id AND notice.destination = given.destination
         AND notice.sent_state <> 'ended'
     )
     SELECT field, known OR NOT certain AS known FROM given`,
    [JSON.stringify(entries)],
  );
  return {
    fields: rows.map(({ field }) => field),
    possibleDuplicates: rows.filter(({ known }) => known).length,
  };
}
