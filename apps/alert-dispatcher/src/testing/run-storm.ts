/**
 * A storm over two dispatchers that are killed (SIGKILL) again and again while alerts pour into their intakes and Slack
 * limits, fails and loses answers. Half of the kills come at any moment, half just after Slack has taken a message,
 * which is where something could be lost or told twice. Afterwards the numbers must add up: see `addUp`.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from '@swfx/alerts';
import { createSlackStandIn, type SlackStandIn } from '@swfx/slack-stand-in';
import { waitUntil } from '@swfx/testkit';
import { Pool } from 'pg';
import { addUp, stormNotices, type StormReport } from './add-up';
import { dispatcherProcesses, type DispatcherProcesses } from './dispatcher-processes';
import { stormAlert } from './storm-alert';

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

export async function runStorm(options: StormOptions): Promise<StormReport> {
  const { kills, random } = options;
  let onMessage = (): void => undefined;
  const slack = await createSlackStandIn({
    port: 0,
    kept: Infinity,
    behaviour: { rateLimit: { perSecond: 1, burst: 25 } },
    print: () => onMessage(),
  });
  const nextMessage = () => new Promise<void>((resolve) => (onMessage = resolve));
  const pool = new Pool({ connectionString: options.adminUrl });
  // Postgres may be ended before it has seen that the last connection was.
  pool.on('error', () => undefined);
  const processes = await dispatcherProcesses(options.program, {
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: '3600',
    SLACK_TIMEOUT_SECONDS: '1',
  });
  try {
    for (const index of [0, 1]) await processes.restart(index);
    const begun = () => slack.messages().length > 0;
    const pouring = pour(processes, { ...options, begun });
    const startedAt = Date.now();
    for (let kill = 1; kill <= kills; kill++) {
      await sleep(300 + random() * 1_000);
      misbehave(slack, random);
      if (random() < 0.5) await Promise.race([nextMessage().then(() => sleep(random() * 20)), sleep(1_000)]);
      await processes.restart(Math.floor(random() * 2));
      if (kill % 25 === 0) options.log(progress(kill, kills, Date.now() - startedAt));
    }
    const accepted = await pouring;
    slack.respondWith();
    await untilQuiet(pool);
    return await addUp(pool, slack, { accepted, kills });
  } finally {
    await processes.stop();
    await pool.end();
    await slack.stop();
  }
}

/**
 * Raises every incident, and ends each a while later, for about as long as the kills go on; returns how many were
 * accepted. None ends before Slack has heard of one: on a slow machine all could be over before they were told.
 */
async function pour(
  processes: DispatcherProcesses,
  { incidents, kills, random, begun }: StormOptions & { begun: () => boolean },
): Promise<number> {
  const batch = Math.max(1, Math.ceil((incidents * 2) / Math.max(1, kills * 1.5)));
  const begins = Array.from({ length: incidents }, (_, index) => stormAlert(index, random));
  const ends = begins.map((alert): Alert => ({ ...alert, id: randomUUID(), status: 'resolved' }));
  const all = [...begins, ...ends];
  for (let at = 0; at < all.length; at += batch) {
    if (at + batch > begins.length) await waitUntil(begun, { timeoutMs: 300_000 });
    const now = new Date().toISOString();
    await processes.post(all.slice(at, at + batch).map((alert) => ({ ...alert, occurredAt: now })));
    await sleep(400 + random() * 400);
  }
  return all.length;
}

/** What Slack does to the next post. */
function misbehave(slack: SlackStandIn, random: () => number): void {
  const dice = random();
  if (dice < 0.2) slack.respondWith({ status: 429, retryAfter: 1 });
  else if (dice < 0.3) slack.respondWith({ status: 500 });
  else if (dice < 0.4) slack.respondWith({ loseAnswer: true });
  else if (dice < 0.5) slack.respondWith({ reset: true });
}

function progress(done: number, all: number, elapsedMs: number): string {
  const minutes = Math.ceil(((elapsedMs / done) * (all - done)) / 60_000);
  return `${done} of ${all} kills, about ${minutes} min to go`;
}

async function untilQuiet(pool: Pool): Promise<void> {
  await waitUntil(
    async () => {
      const { rows } = await pool.query<{ waiting: number }>(
        `SELECT (SELECT count(*) FROM alert WHERE decided_at IS NULL)::int
           + (SELECT count(*) FROM ${stormNotices} WHERE closed_at IS NULL)::int AS waiting`,
      );
      return rows[0]?.waiting === 0;
    },
    { timeoutMs: 900_000, intervalMs: 200, describe: 'nothing is owed any more' },
  );
}
