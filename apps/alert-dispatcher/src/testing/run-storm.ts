/**
 * A storm over two dispatchers that are killed (SIGKILL) again and again while alerts pour in and Slack limits, fails and
 * loses answers. Afterwards the numbers must add up: every accepted alert was decided, every incident was told and
 * ended, in a message of its own or a digest, or was over before it was told; no end came before its beginning; and
 * no more messages were repeated than there were posts in doubt.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { storeAlerts, type Alert } from '@swfx/alerts';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import { waitUntil } from '@swfx/testkit';
import { Pool } from 'pg';
import { dispatcherProcesses } from './dispatcher-processes';

export interface StormOptions {
  /** The dispatcher's bundle. */
  program: string;
  /** The superuser's, on a migrated database, and the service's own. */
  adminUrl: string;
  databaseUrl: string;
  redisUrl: string;
  incidents: number;
  kills: number;
  random: () => number;
  log: (line: string) => void;
}

export interface StormReport {
  accepted: number;
  kills: number;
  /** Incidents that were told and ended, and those that were over before they were told. */
  told: number;
  untold: number;
  messages: number;
  repeated: number;
  /** Posts whose answer was lost, or whose sender died. */
  inDoubt: number;
  /** What did not add up; empty when all is well. */
  broken: string[];
}

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const slack = await createSlackStandIn({ port: 0, behaviour: { rateLimit: { perSecond: 1, burst: 25 } } });
  const pool = new Pool({ connectionString: options.adminUrl });
  // Postgres may be ended before it has seen that the last connection was.
  pool.on('error', () => undefined);
  const processes = dispatcherProcesses(options.program, environmentOf(options, slack));
  try {
    for (const index of [0, 1]) await processes.restart(index);
    const pouring = pour(pool, options);
    for (let kill = 0; kill < options.kills; kill++) {
      await sleep(1_500 + options.random() * 2_000);
      misbehave(slack, options.random);
      await processes.restart(kill % 2);
      if ((kill + 1) % 50 === 0) options.log(`${kill + 1} kills`);
    }
    const accepted = await pouring;
    slack.respondWith();
    await untilQuiet(pool);
    return await addUp(pool, slack, { accepted, kills: options.kills });
  } finally {
    await processes.stop();
    await pool.end();
    await slack.stop();
  }
}

function environmentOf({ databaseUrl, redisUrl }: StormOptions, slack: SlackStandIn): Record<string, string> {
  return {
    ENVIRONMENT: 'test',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    PROMETHEUS_HOST: '127.0.0.1',
    PROMETHEUS_PORT: '0',
    HTTP_HOST: '127.0.0.1',
    HTTP_PORT: '0',
    ALERT_INTAKE_TOKEN: 'storm',
    SLACK_ALERTING_ENABLED: 'true',
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: '3600',
    SLACK_TIMEOUT_SECONDS: '1',
    LOG_LEVEL: 'warn',
  };
}

/** Raises every incident, and ends each a while later; returns how many alerts were accepted. */
async function pour(pool: Pool, { incidents, kills, random }: StormOptions): Promise<number> {
  // As long as the kills go on: three batches to each.
  const batch = Math.max(1, Math.ceil((incidents * 2) / Math.max(1, kills * 3)));
  const reports: Alert[] = [];
  for (let index = 0; index < incidents; index++) reports.push(stormAlert(index, random));
  const ends = reports.map((alert): Alert => ({ ...alert, id: randomUUID(), status: 'resolved' }));
  const all = [...reports, ...ends];
  for (let at = 0; at < all.length; at += batch) {
    await storeAlerts(pool, all.slice(at, at + batch));
    await sleep(500 + random() * 500);
  }
  return all.length;
}

function stormAlert(index: number, random: () => number): Alert {
  const severity = random() < 0.1 ? 'critical' : random() < 0.6 ? 'warning' : 'info';
  const id = randomUUID();
  return {
    id,
    incident: `storm:${index}`,
    kind: 'external',
    severity,
    title: `Storm ${index}`,
    error: 'wind',
    context: {},
    service: `service-${index % 5}`,
    env: 'test',
    traceId: id,
    occurredAt: new Date().toISOString(),
  };
}

/** What Slack does to the next post. */
function misbehave(slack: SlackStandIn, random: () => number): void {
  const dice = random();
  if (dice < 0.25) slack.respondWith({ status: 429, retryAfter: 1 });
  else if (dice < 0.4) slack.respondWith({ status: 500 });
  else if (dice < 0.55) slack.respondWith({ loseAnswer: true });
  else if (dice < 0.65) slack.respondWith({ reset: true });
}

/** Those of the storm: the dispatchers tell of their own restarts, too. */
const notices = `(
  SELECT alert_notice.* FROM alert_notice JOIN alert_incident ON id = incident_id WHERE key LIKE 'storm:%') AS notice`;

async function untilQuiet(pool: Pool): Promise<void> {
  await waitUntil(
    async () => {
      const { rows } = await pool.query<{ waiting: number }>(
        `SELECT (SELECT count(*) FROM alert WHERE decided_at IS NULL)::int
           + (SELECT count(*) FROM ${notices} WHERE closed_at IS NULL)::int AS waiting`,
      );
      return rows[0]?.waiting === 0;
    },
    { timeoutMs: 600_000, intervalMs: 200, describe: 'nothing is owed any more' },
  );
}

async function addUp(
  pool: Pool,
  slack: SlackStandIn,
  { accepted, kills }: { accepted: number; kills: number },
): Promise<StormReport> {
  const one = async (query: string) => Number((await pool.query<{ n: string }>(query)).rows[0]?.n);
  const stored = await one(`SELECT count(*) AS n FROM alert WHERE incident LIKE 'storm:%'`);
  const told = await one(`SELECT count(*) AS n FROM ${notices} WHERE outcome = 'told'`);
  const untold = await one(`SELECT count(*) AS n FROM ${notices} WHERE outcome = 'untold'`);
  const incidents = await one(`SELECT count(*) AS n FROM alert_incident WHERE key LIKE 'storm:%'`);
  const delivered = await one(`SELECT count(*) AS n FROM alert_message WHERE outcome = 'delivered'`);
  const inDoubt = await one(`SELECT count(*) AS n FROM alert_message WHERE outcome = 'unknown'`);
  const unspoken = await one(
    `SELECT count(*) AS n FROM ${notices} WHERE outcome = 'told' AND NOT EXISTS (
       SELECT FROM alert_message_item AS item JOIN alert_message ON id = message_id
       WHERE item.incident_id = notice.incident_id AND act <> 'firing' AND alert_message.outcome = 'delivered')`,
  );
  const messages = slack.messages().length;
  const repeated = Math.max(0, messages - delivered);
  const broken = [
    ...(stored === accepted ? [] : [`${accepted} alerts were accepted and ${stored} are stored`]),
    ...(told + untold === incidents
      ? []
      : [`of ${incidents} incidents ${told} were told and ${untold} were not`]),
    ...(unspoken === 0 ? [] : [`${unspoken} incidents were closed as told without an end`]),
    ...(repeated <= inDoubt ? [] : [`${repeated} messages were repeated, ${inDoubt} posts were in doubt`]),
    ...reversals(slack),
  ];
  return { accepted, kills, told, untold, messages, repeated, inDoubt, broken };
}

/** Incidents that were said to fire after they were said to be over, among those that had messages of their own. */
function reversals(slack: SlackStandIn): string[] {
  const over = new Set<string>();
  const wrong: string[] = [];
  for (const { text } of slack.messages()) {
    const incident = /· (storm:\d+)$/m.exec(text)?.[1];
    if (!incident) continue;
    if (text.startsWith('🚨') && over.has(incident)) wrong.push(`${incident} fires after its end`);
    if (text.startsWith('✅')) over.add(incident);
  }
  return wrong;
}
