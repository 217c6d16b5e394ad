import type { Secret } from '@swfx/config';
import { startTask, type Task } from '@swfx/messaging';
import type { Foundation } from '@swfx/service';
import type { DecisionPolicy } from '../decide/decide-delivery';
import { deliverAlert } from './deliver-alert';
import { oldestUndelivered } from './delivery-rows';
import { findWork } from './find-work';
import type { BudgetPolicy } from './rate-budget';
import { createReporter } from './report';
import { createSlackTransport } from './slack-transport';

export interface DeliveryOptions {
  foundation: Pick<Foundation, 'pool' | 'metrics' | 'logger'>;
  redisUrl: Secret;
  /** Stores what was accepted while Postgres was away. */
  storeHeld: () => Promise<unknown>;
  /** No webhook: nothing can be sent, and the policy must not be enabled. */
  webhookUrl: Secret | undefined;
  timeoutSeconds: number;
  policy: DecisionPolicy & BudgetPolicy;
}

const pollMs = 1_000;
/** What claiming and settling may take beyond the post itself. */
const leaseMarginSeconds = 10;

/** Starts the task `alert_delivery`: one poll a second, one delivery at a time. */
export function startDelivery(options: DeliveryOptions): Task {
  const { foundation, webhookUrl, timeoutSeconds, policy } = options;
  const { pool, metrics, logger } = foundation;
  const report = createReporter({ logger, metrics });
  const transport = webhookUrl && createSlackTransport({ webhookUrl, timeoutMs: timeoutSeconds * 1000 });
  const leaseSeconds = timeoutSeconds + leaseMarginSeconds;
  let oldest: Date | undefined;
  metrics.onScrape(() => metrics.set('alert_oldest_undelivered_seconds', ageSeconds(oldest)));

  return startTask({
    name: 'alert_delivery',
    redisUrl: options.redisUrl,
    logger,
    metrics,
    pollMs,
    concurrency: 1,
    async due() {
      await options.storeHeld();
      const ids = await findWork({ pool, policy, report });
      oldest = await oldestUndelivered(pool);
      return ids;
    },
    async run(alertId, signal) {
      if (!transport || !policy.enabled) return 'skipped';
      const { maxPerHour } = policy;
      return deliverAlert(
        { pool, transport, leaseSeconds, maxPerHour, report, random: Math.random },
        alertId,
        signal,
      );
    },
  });
}

function ageSeconds(since: Date | undefined): number {
  return since ? Math.max(0, (Date.now() - since.getTime()) / 1000) : 0;
}
