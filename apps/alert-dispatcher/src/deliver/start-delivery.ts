import { severities } from '@swfx/alerts';
import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import { decideReports } from '../decide/decide-reports';
import type { ReportPolicy } from '../decide/decide-report';
import type { RoutePolicy } from '../decide/routes';
import { ensureDestinations } from '../destination-row';
import type { PlannedDestination } from './create-destinations';
import { countMissing, sampleDelivery, showDelivery, type DeliverySample } from './delivery-gauges';
import { closeUnservedNotices, readDestinationsWithDebts } from './notice-rows';
import { createReporter } from './report';
import { sendMessages } from './send-messages';

export interface DeliveryOptions {
  foundation: Pick<Foundation, 'pool' | 'metrics' | 'logger'>;
  environment: string;
  redisUrl: Secret;
  /** Stores what was accepted while Postgres was away. */
  storeHeld: () => Promise<unknown>;
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

/** Starts the task `alert_delivery`, whose rows are the destinations that are to be told something. */
export function startDelivery(options: DeliveryOptions): Task {
  const { foundation, destinations, policy, environment, ttlSeconds } = options;
  const { pool, metrics, logger } = foundation;
  const report = createReporter({ logger, metrics });
  const names = destinations.map(({ destination }) => destination.name);
  const leaseSeconds = options.timeoutSeconds + leaseMarginSeconds;
  const sending = { pool, leaseSeconds, ttlSeconds, environment, report, random: Math.random };
  let sample: DeliverySample | undefined;
  let missingAskedAt = 0;
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
  }

  return startTask({
    name: 'alert_delivery',
    redisUrl: options.redisUrl,
    logger,
    metrics,
    pollMs,
    concurrency: Math.max(1, names.length),
    async due() {
      await prepare();
      await options.storeHeld();
      const { decided, expired } = await decideReports(pool, policy);
      report.decided(decided, expired);
      report.disabled(await closeUnservedNotices(pool, names, 'nothing is sent to this destination'));
      await takeSample();
      return readDestinationsWithDebts(pool, names);
    },
    async run(name, signal) {
      const target = destinations.find(({ destination }) => destination.name === name);
      return target ? sendMessages(sending, target, signal) : 'skipped';
    },
  });
}

/** The series of each destination are there before its first message. */
function zeroDestinations(metrics: Foundation['metrics'], names: readonly string[]): void {
  for (const destination of names.length > 0 ? names : ['slack']) {
    for (const severity of severities) metrics.zero('alerts_sent_total', { destination, severity });
    metrics.zero('alerts_possible_duplicates_total', { destination });
    metrics.zero('alert_destination_breaker_open', { destination });
  }
}
