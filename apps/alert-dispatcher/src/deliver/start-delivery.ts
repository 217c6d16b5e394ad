import { severities, storeAlert } from '@swfx/alerts';
import type { Secret } from '@swfx/config';
import { isDatabaseUnavailable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { startTask, type Task } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { decideReports } from '../decide/decide-reports';
import type { ReportPolicy } from '../decide/decide-report';
import type { RoutePolicy } from '../decide/routes';
import { ensureDestinations } from '../destination-row';
import type { PlannedDestination } from './create-destinations';
import { countMissing, sampleDelivery, showDelivery, type DeliverySample } from './delivery-gauges';
import type { HeldAlerts } from '../intake/held-alerts';
import { readWindows, type Window } from '../outage/windows';
import { sendHeld, type HeldSending } from '../outage/send-held';
import type { ToldStore } from '../outage/told-in-outage';
import { readSent } from './message-rows';
import type { SentMessage } from './rate-budget';
import { closeUnservedNotices, readDestinationsWithDebts } from './notice-rows';
import { createReporter } from './report';
import { sendMessages } from './send-messages';

export interface DeliveryOptions {
  foundation: Pick<Foundation, 'pool' | 'redis' | 'metrics' | 'logger'>;
  environment: string;
  redisUrl: Secret;
  /** What was accepted while Postgres was away. */
  held: HeldAlerts;
  told: ToldStore;
  /** None: nothing can be sent. */
  destinations: readonly PlannedDestination[];
  timeoutSeconds: number;
  ttlSeconds: number;
  policy: ReportPolicy & RoutePolicy;
}

const pollMs = 1_000;
/** What claiming and settling may take beyond the post itself. */
const leaseMarginSeconds = 10;
/** Gaps are looked for once a minute. */
const missingEveryMs = 60_000;
const tidyEveryMs = 900;

/** The task, and what it last saw of its work. */
export interface Delivery extends Task {
  sample(): DeliverySample | undefined;
}

/** Starts the task `alert_delivery`, whose rows are the destinations that are to be told something. */
export function startDelivery(options: DeliveryOptions): Delivery {
  const { foundation, destinations, policy, environment, ttlSeconds } = options;
  const { pool, metrics, logger } = foundation;
  const report = createReporter({ logger, metrics });
  const names = destinations.map(({ destination }) => destination.name);
  const leaseSeconds = options.timeoutSeconds + leaseMarginSeconds;
  const { timeoutSeconds } = options;
  const sending = {
    pool,
    leaseSeconds,
    timeoutSeconds,
    ttlSeconds,
    environment,
    report,
    random: Math.random,
  };
  const { held, told } = options;
  const stopping = new AbortController();
  const sentBefore = new Map<string, SentMessage[]>();
  let windows: Window[] = [];
  const outage: HeldSending = {
    ...foundation,
    told,
    readHeld: () => held.read(),
    destinations,
    policy,
    environment,
    leaseSeconds,
    sentBefore: (name) => sentBefore.get(name) ?? [],
    windows: () => windows,
  };
  let sample: DeliverySample | undefined;
  let missingAskedAt = 0;
  let tidiedAt = 0;
  let tidying: Promise<void> | undefined;
  let ready = false;
  zeroDestinations(metrics, names);
  showDelivery(metrics, names, () => sample);

  async function prepare(): Promise<void> {
    if (ready) return;
    await ensureDestinations(pool, names);
    ready = true;
  }

  async function takeSample(): Promise<void> {
    let missing = sample?.missing ?? 0;
    if (Date.now() - missingAskedAt > missingEveryMs) {
      missing = await countMissing(pool);
      missingAskedAt = Date.now();
      if (missing > (sample?.missing ?? 0)) logger.warn('Numbered alerts are missing', { missing });
    }
    sample = { ...(await sampleDelivery(pool, names)), missing };
    for (const name of names) sentBefore.set(name, await readSent(pool, name));
    windows = await readWindows(pool);
  }

  async function askPostgres(): Promise<string[]> {
    await prepare();
    await held.drain((alert) => storeAlert(pool, alert));
    const { decided, expired, reconciled } = await decideReports(pool, policy, await told.read());
    await told.remove(reconciled.fields).catch(() => undefined);
    report.decided(decided, expired);
    report.reconciled(names, reconciled.possibleDuplicates);
    const owing = await readDestinationsWithDebts(pool, names);
    tidySoon();
    return owing;
  }

  /** What no message waits for: at most once a second, and not on its way. */
  function tidySoon(): void {
    if (tidying || Date.now() - tidiedAt < tidyEveryMs) return;
    tidiedAt = Date.now();
    tidying = tidy().finally(() => (tidying = undefined));
  }

  async function tidy(): Promise<void> {
    try {
      report.disabled(await closeUnservedNotices(pool, names, 'nothing is sent to this destination'));
      await takeSample();
    } catch (error) {
      if (!isDatabaseUnavailable(error))
        logger.warn('Delivery could not be sampled', { error: errorMessage(error) });
    }
  }

  const task = startTask({
    name: 'alert_delivery',
    redisUrl: options.redisUrl,
    logger,
    metrics,
    pollMs,
    concurrency: Math.max(1, names.length),
    eager: true,
    async due() {
      try {
        return await askPostgres();
      } catch (error) {
        if (isDatabaseUnavailable(error)) await sendHeld(outage, stopping.signal);
        throw error;
      }
    },
    async run(name, signal) {
      const target = destinations.find(({ destination }) => destination.name === name);
      return target ? sendMessages(sending, target, signal) : 'skipped';
    },
  });
  return {
    ...task,
    sample: () => sample,
    async stop(graceMs) {
      stopping.abort();
      await task.stop(graceMs);
      await tidying;
    },
  };
}

/** The series of each destination are there before its first message. */
function zeroDestinations(metrics: Foundation['metrics'], names: readonly string[]): void {
  for (const destination of names.length > 0 ? names : ['slack']) {
    for (const severity of severities) metrics.zero('alerts_sent_total', { destination, severity });
    metrics.zero('alerts_possible_duplicates_total', { destination });
    metrics.zero('alert_destination_breaker_open', { destination });
  }
}
