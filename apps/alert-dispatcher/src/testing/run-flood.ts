/**
 * A flood: thousands of alerts in a minute, each posted by itself to one of two dispatchers. Every alert is in a
 * delivered message or counted in a digest; the budget is kept, by Postgres's clock; and what is critical is told soon.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import { waitUntil } from '@swfx/testkit';
import { Pool } from 'pg';
import { dispatcherProcesses } from './dispatcher-processes';
import type { StormOptions } from './run-storm';
import { stormAlert } from './storm-alert';

/** What the destination is allowed: in a burst, in a second, in an hour. */
export const floodBudget = { burst: 5, perSecond: 1, perHour: 100 };

export interface FloodReport {
  alerts: number;
  seconds: number;
  budget: typeof floodBudget;
  messages: number;
  /** Alerts in a message of their own, and in a digest. */
  alone: number;
  digested: number;
  /** Seconds from the event to Slack, of what was critical. */
  criticalP50Seconds: number;
  criticalP95Seconds: number;
  broken: string[];
}

export async function runFlood(
  options: Omit<StormOptions, 'incidents' | 'kills'> & { alerts: number; seconds: number },
): Promise<FloodReport> {
  const { alerts, seconds, random } = options;
  const rateLimit = { perSecond: floodBudget.perSecond, burst: 25 };
  const slack = await createSlackStandIn({ port: 0, kept: Infinity, behaviour: { rateLimit } });
  const pool = new Pool({ connectionString: options.adminUrl });
  pool.on('error', () => undefined);
  const processes = await dispatcherProcesses(options.program, {
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: String(floodBudget.perHour),
  });
  try {
    for (const index of [0, 1]) await processes.restart(index);
    await waitUntil(async () => (await pool.query('SELECT FROM alert')).rowCount, { timeoutMs: 60_000 });
    const startedAt = Date.now();
    const posting: Promise<void>[] = [];
    for (let index = 0; index < alerts; index++) {
      const dueAt = startedAt + (index / alerts) * seconds * 1_000;
      if (dueAt > Date.now()) await sleep(dueAt - Date.now());
      posting.push(processes.post([stormAlert(index, random)]));
    }
    await Promise.all(posting);
    await waitUntil(async () => (await untold(pool)) === 0, { timeoutMs: 300_000, intervalMs: 200 });
    return await addUpFlood(pool, slack, { alerts, seconds });
  } finally {
    await processes.stop();
    await pool.end();
    await slack.stop();
  }
}

/** Alerts of the flood that are in no delivered message yet. */
async function untold(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM alert WHERE incident LIKE 'storm:%' AND NOT EXISTS (
       SELECT FROM alert_message_item AS item JOIN alert_message ON id = message_id
       WHERE item.incident_id = alert.incident_id AND outcome = 'delivered')`,
  );
  return rows[0]?.n ?? NaN;
}

async function addUpFlood(
  pool: Pool,
  slack: SlackStandIn,
  { alerts, seconds }: { alerts: number; seconds: number },
): Promise<FloodReport> {
  const { rows: told } = await pool.query<{ form: string; critical: boolean; seconds: number }>(
    `SELECT DISTINCT ON (alert.id) form, alert.severity = 'critical' AS critical,
       extract(epoch FROM finished_at - occurred_at)::float8 AS seconds
     FROM alert JOIN alert_message_item AS item ON item.incident_id = alert.incident_id
       JOIN alert_message AS message ON message.id = message_id
     WHERE alert.incident LIKE 'storm:%' AND outcome = 'delivered' ORDER BY alert.id, started_at`,
  );
  const { rows: sent } = await pool.query<{ at: number }>(
    `SELECT extract(epoch FROM started_at)::float8 AS at FROM alert_message ORDER BY started_at`,
  );
  const critical = told.flatMap((one) => (one.critical ? [one.seconds] : [])).sort((a, b) => a - b);
  const messages = slack.messages().length;
  const limited = slack.attempts().filter(({ outcome }) => outcome === 429).length;
  const over = overdrawn(sent.map(({ at }) => at));
  const broken = [
    ...(told.length === alerts ? [] : [`of ${alerts} alerts ${told.length} are in a message`]),
    ...(messages <= floodBudget.perHour
      ? []
      : [`${messages} messages, and ${floodBudget.perHour} an hour are allowed`]),
    ...(over === 0 ? [] : [`${over} messages were more than the burst and one a second allow`]),
    ...(limited === 0 ? [] : [`Slack refused ${limited} messages as too many`]),
  ];
  return {
    alerts,
    seconds,
    budget: floodBudget,
    messages,
    alone: told.filter(({ form }) => form === 'incident').length,
    digested: told.filter(({ form }) => form === 'digest').length,
    criticalP50Seconds: quantile(critical, 0.5),
    criticalP95Seconds: quantile(critical, 0.95),
    broken,
  };
}

/** Messages that a bucket of the budget had no token for; half a token is forgiven, since two readings of a clock differ. */
function overdrawn(times: readonly number[]): number {
  let tokens = floodBudget.burst;
  let before = times[0] ?? 0;
  let over = 0;
  for (const at of times) {
    tokens = Math.min(floodBudget.burst, tokens + (at - before) * floodBudget.perSecond) - 1;
    before = at;
    if (tokens < -0.5) over += 1;
  }
  return over;
}

function quantile(sorted: readonly number[], share: number): number {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
  return Math.round(value * 100) / 100;
}
