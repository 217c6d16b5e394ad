/**
 * Tells of too many failing requests, from what this gateway counted itself: it needs no Prometheus for that. Each
 * gateway watches its own requests; the incident is one, that of the rule `ErrorRateCritical` too, and it is over once
 * all that reported it have said so.
 */
import type { Alerts } from '@swfx/alerts';
import type { Metrics } from '@swfx/metrics';
import {
  countWithin,
  decideErrorRate,
  type CountedAt,
  type ErrorRate,
  type ErrorRatePolicy,
} from './decide-error-rate';

const sampleMs = 10_000;
/** An alert that nobody repeats is taken to be over. */
const repeatMs = 60_000;

/** The name of the trouble, shared with the rule. */
const trouble = { incident: 'error-rate:api-gateway', kind: 'error_rate_high', watcher: 'process' } as const;

export interface ErrorRateWatchOptions {
  alerts: Pick<Alerts, 'raise' | 'resolve'>;
  /** Requests to the API so far. */
  count: () => Promise<Omit<CountedAt, 'atMs'>>;
  policy: ErrorRatePolicy;
  sampleMs?: number;
}

/** Starts to watch; `stop` ends what it has reported, since a gateway that is gone fails nobody. */
export function watchErrorRate(options: ErrorRateWatchOptions): { stop(): Promise<void> } {
  const { alerts, policy } = options;
  let samples: CountedAt[] = [];
  let raisedAt: number | undefined;
  let looking: Promise<void> = look();

  async function look(): Promise<void> {
    const atMs = performance.now();
    samples = [
      ...samples.filter((sample) => sample.atMs > atMs - 2 * policy.windowMs),
      { atMs, ...(await options.count()) },
    ];
    const rate = decideErrorRate(countWithin(samples, policy.windowMs), policy);
    if (rate.state === 'critical') await raise(rate, atMs);
    if (rate.state === 'calm') await resolve('The error rate is normal again');
  }

  async function raise(rate: ErrorRate, now: number): Promise<void> {
    if (raisedAt !== undefined && now - raisedAt < repeatMs) return;
    raisedAt = now;
    await alerts.raise({ ...trouble, severity: 'critical', ...describe(rate, policy) });
  }

  async function resolve(title: string): Promise<void> {
    if (raisedAt === undefined) return;
    raisedAt = undefined;
    await alerts.resolve({ ...trouble, title });
  }

  const timer = setInterval(() => (looking = looking.then(look)), options.sampleMs ?? sampleMs);
  return {
    async stop() {
      clearInterval(timer);
      await looking;
      await resolve('The gateway that saw it has stopped');
    },
  };
}

function describe({ requests, errors }: ErrorRate, { windowMs, criticalPerMille }: ErrorRatePolicy) {
  const share = `${((errors / requests) * 100).toFixed(1)} %`;
  const minutes = windowMs / 60_000;
  return {
    title: `More than ${criticalPerMille / 10} % of the requests fail`,
    error: `${share} of the requests of the last ${minutes} min were answered with 5xx: ${errors} of ${requests}`,
  };
}

/** The routes of operations, which are no requests to the API. */
const operations = new Set(['/health', '/metrics', '/livez', '/readyz']);

/** Counts requests by the metric that Prometheus reads too, so that both see the same. */
export async function countRequests(registry: Metrics['registry']): Promise<Omit<CountedAt, 'atMs'>> {
  const { values = [] } = (await registry.getSingleMetric('http_requests_total')?.get()) ?? {};
  const ofApi = values.filter(({ labels }) => !operations.has(String(labels['endpoint'])));
  const sum = (some: typeof values) => some.reduce((total, { value }) => total + value, 0);
  return {
    requests: sum(ofApi),
    errors: sum(ofApi.filter(({ labels }) => String(labels['status']).startsWith('5'))),
  };
}
