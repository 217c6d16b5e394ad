/** What the dispatcher says of its work: the published log texts and the counters, which always move together. */
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { DecidedAlert } from '../decide/decide-alerts';
import type { AfterAttempt } from './decide-after-attempt';
import type { AffectedAlert, DueAlert } from './delivery-rows';

export interface Reporter {
  decided(alert: DecidedAlert): void;
  /** `secondsSinceEvent` is undefined when the message was on record as sent already. */
  attempted(
    alert: AffectedAlert & { attempt: number },
    after: AfterAttempt,
    secondsSinceEvent?: number,
  ): void;
  /** Said and counted the first time that the budget holds an alert back. */
  deferred(delivery: DueAlert, until: Date): void;
  expired(alert: AffectedAlert & { detail: string | null }): void;
  disabled(count: number): void;
}

export function createReporter({ logger, metrics }: { logger: Logger; metrics: Metrics }): Reporter {
  function sent(alert: AffectedAlert & { attempt: number }, seconds: number | undefined): void {
    logger.info('Slack alert sent successfully', { ...alert, secondsSinceEvent: seconds });
    metrics.increment('alerts_sent_total', { destination: 'slack', severity: alert.severity });
    if (seconds !== undefined) metrics.observe('alert_delivery_seconds', seconds);
  }
  return {
    decided({ id, incident, severity, decision }) {
      if (decision.outcome === 'send') return;
      const { reason, detail } = decision;
      logger.info('Slack alert suppressed', { alertId: id, incident, severity, reason, detail });
      metrics.increment('alerts_suppressed_total', { reason });
    },
    attempted(alert, after, secondsSinceEvent) {
      if (after.state === 'sent') return sent(alert, secondsSinceEvent);
      const { state, reason, detail } = after;
      metrics.increment('alerts_failed_total', { reason });
      // A webhook that refuses everything, or a message that is given up, waits for a person.
      const level = state === 'dead' || reason === 'rejected' ? 'error' : 'warn';
      const message = reason === 'rate_limited' ? 'Slack alert rate limited' : 'Slack alert failed';
      const retryInSeconds = after.state === 'pending' ? Math.round(after.afterSeconds) : undefined;
      logger.log(level, message, { ...alert, reason, detail, state, retryInSeconds });
    },
    deferred({ limitedBefore, ...alert }, until) {
      if (limitedBefore) return;
      logger.warn('Slack alert rate limited', { ...alert, reason: 'hourly_budget', until });
      metrics.increment('alerts_suppressed_total', { reason: 'rate_limited' });
    },
    expired(alert) {
      logger.error('Slack alert failed', { ...alert, reason: 'expired', state: 'dead' });
      metrics.increment('alerts_suppressed_total', { reason: 'expired' });
    },
    disabled(count) {
      logger.warn('Slack alerts that waited were suppressed: alerting is disabled', { count });
      metrics.add('alerts_suppressed_total', count, { reason: 'disabled' });
    },
  };
}
