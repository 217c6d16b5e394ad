/**
 * From an event to its acceptance by Slack: a service raises an alert as services do, and a dispatcher, a process of
 * its own, tells it; in turn with a real Alertmanager that waits for nothing. Unthrottled: the bucket of one message a
 * second is filled before each event, since what is measured is the way, and not the wait for the budget.
 */
import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { createAlerts } from '@swfx/alerts';
import { Secret } from '@swfx/config';
import { createSilentLogger } from '@swfx/logging';
import { createFacts, createSpool } from '@swfx/messaging';
import { createMetrics } from '@swfx/metrics';
import { createSlackStandIn } from '@swfx/slack-stand-in';
import { waitUntil } from '@swfx/testkit';
import { Pool } from 'pg';
import { Registry } from 'prom-client';
import { dispatcherProcesses } from './dispatcher-processes';
import { startAlertmanager } from './start-alertmanager';

export interface DeliveryFigures {
  events: number;
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
}

export interface BenchOptions {
  program: string;
  databaseUrl: string;
  redisUrl: string;
  events: number;
  log: (line: string) => void;
}

/** Measures both, one event at a time and in turn, so that both meet the same machine. */
export async function benchDelivery(
  options: BenchOptions,
): Promise<{ dispatcher: DeliveryFigures; alertmanager: DeliveryFigures }> {
  const arrivals = createArrivals();
  const slack = await createSlackStandIn({ port: 0, print: arrivals.note });
  const processes = await dispatcherProcesses(options.program, {
    DATABASE_URL: options.databaseUrl,
    REDIS_URL: options.redisUrl,
    SLACK_WEBHOOK_URL: slack.webhookUrl,
    SLACK_MAX_ALERTS_PER_HOUR: '3600',
  });
  const pool = new Pool({ connectionString: options.databaseUrl });
  const raising = raisingService(options, pool);
  const alertmanager = await startAlertmanager({
    slack_configs: [
      { api_url: slack.webhookUrl, title: '{{ .CommonAnnotations.summary }}', text: 'Error: wind' },
    ],
  });
  const times = { dispatcher: [] as number[], alertmanager: [] as number[] };
  try {
    await processes.restart(0);
    await waitUntil(async () => (await pool.query('SELECT FROM alert_incident')).rowCount, {
      timeoutMs: 60_000,
    });
    for (let event = -warmUp; event < options.events; event++) {
      await untilFree(pool);
      const ours = await arrivals.time((title) => raising.raise(title));
      const theirs = await arrivals.time((title) =>
        alertmanager.post([{ labels: { alertname: title }, annotations: { summary: title } }]),
      );
      if (event < 0) continue;
      times.dispatcher.push(ours);
      times.alertmanager.push(theirs);
      if ((event + 1) % 100 === 0) options.log(`${event + 1} of ${options.events} events`);
    }
    return { dispatcher: figuresOf(times.dispatcher), alertmanager: figuresOf(times.alertmanager) };
  } finally {
    await Promise.all([processes.stop(), alertmanager.stop(), raising.stop()]);
    await Promise.all([pool.end(), slack.stop()]);
  }
}

const warmUp = 20;

/** Notes when Slack has accepted a message with a title. */
function createArrivals() {
  let wanted = '';
  let arrived: (at: number) => void = () => undefined;
  return {
    note(block: string) {
      if (wanted !== '' && block.includes(wanted)) arrived(performance.now());
    },
    async time(tell: (title: string) => Promise<unknown>): Promise<number> {
      wanted = `event-${randomUUID()}`;
      const arrival = new Promise<number>((resolve) => (arrived = resolve));
      const start = performance.now();
      await tell(wanted);
      return (await arrival) - start;
    },
  };
}

/** A service as far as alerts go: its pool, its facts, its `raise`. */
function raisingService({ redisUrl }: BenchOptions, pool: Pool) {
  const logger = createSilentLogger();
  const metrics = createMetrics({
    service: 'bench',
    version: '0',
    environment: 'test',
    names: ['facts_ignored_total'],
    registry: new Registry(),
  });
  const facts = createFacts({ redisUrl: new Secret(redisUrl), name: 'bench', logger, metrics });
  const spool = createSpool({ folder: '/nonexistent' });
  const alerts = createAlerts({
    pool,
    facts,
    spool,
    intake: undefined,
    service: 'bench',
    environment: 'test',
    logger,
  });
  return {
    raise: (title: string) =>
      alerts.raise({ incident: title, kind: 'external', severity: 'critical', title, error: 'wind' }),
    stop: () => facts.stop(),
  };
}

/** The message before is settled, and the bucket is full. */
async function untilFree(pool: Pool): Promise<void> {
  await waitUntil(
    async () =>
      (await pool.query('UPDATE alert_destination SET tokens = 5 WHERE sender IS NULL')).rowCount === 1,
    { timeoutMs: 30_000, intervalMs: 5 },
  );
}

function figuresOf(times: readonly number[]): DeliveryFigures {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN);
  return { events: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
