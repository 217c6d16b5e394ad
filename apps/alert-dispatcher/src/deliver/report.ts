/** What the dispatcher says of its work: the published log texts and the counters, which always move together. */
import { severities, type Severity } from '@swfx/alerts';
import type { Logger } from '@swfx/logging';
import type { Metrics } from '@swfx/metrics';
import type { DecidedReport } from '../decide/decide-reports';
import type { AfterAttempt } from './decide-after-attempt';
import type { AffectedIncident, DueNotice, Owed } from './notice-rows';

export interface Reporter {
  /** What became of an alert, and of incidents whose time was over. */
  decided(decided: readonly DecidedReport[], expired: readonly string[]): void;
  /** What is not told: over before it was, too old, or held by a maintenance window. */
  held(destination: string, owed: Owed): void;
  /** Said and counted the first time that the budget holds something back. */
  limited(destination: string, item: AffectedIncident, until: Date): void;
  /** What is told again because it may not have arrived. */
  doubted(destination: string, items: readonly AffectedIncident[]): void;
  attempted(
    destination: string,
    message: { items: readonly DueNotice[]; attempt: number; seconds: readonly number[] },
    after: AfterAttempt,
  ): void;
  /** What was told during an outage of Postgres may have been told before it. */
  reconciled(destinations: readonly string[], possibleDuplicates: number): void;
  /** Notices that were closed because nothing is sent to their destination. */
  disabled(count: number): void;
}

/** What an alert that changes nothing people hear of is counted as. */
const suppressedBy = {
  repeated: 'duplicate',
  disabled: 'disabled',
  not_firing: 'not_firing',
  overtaken: 'overtaken',
} as const;

export function createReporter({ logger, metrics }: { logger: Logger; metrics: Metrics }): Reporter {
  return {
    decided(decided, expired) {
      for (const { report, decision } of decided) {
        if (!(decision in suppressedBy)) continue;
        const reason = suppressedBy[decision as keyof typeof suppressedBy];
        logger.debug('Slack alert suppressed', { alertId: report.id, incident: report.key, reason });
        metrics.increment('alerts_suppressed_total', { reason });
      }
      for (const incident of expired) logger.info('An incident expired', { incident });
    },
    held(destination, { closed, stale, muted }) {
      for (const item of closed.filter(({ outcome }) => outcome === 'untold')) {
        logger.info('Slack alert suppressed', { destination, ...named(item), reason: 'resolved_unsent' });
        metrics.increment('alerts_suppressed_total', { reason: 'resolved_unsent' });
      }
      for (const item of stale) {
        logger.error('Slack alert failed', { destination, ...named(item), reason: 'expired', state: 'dead' });
        metrics.increment('alerts_suppressed_total', { reason: 'expired' });
      }
      for (const item of muted) {
        logger.info('Slack alert suppressed', { destination, ...named(item), reason: 'muted' });
        metrics.increment('alerts_suppressed_total', { reason: 'muted' });
      }
    },
    limited(destination, item, until) {
      const details = { destination, ...named(item), reason: 'hourly_budget', until };
      logger.warn('Slack alert rate limited', details);
      metrics.increment('alerts_suppressed_total', { reason: 'rate_limited' });
    },
    doubted(destination, items) {
      if (items.length === 0) return;
      logger.warn('A message is sent again that may have arrived', {
        destination,
        incidents: items.map(incidentOf),
      });
      metrics.add('alerts_possible_duplicates_total', items.length, { destination });
    },
    attempted(destination, { items, attempt, seconds }, after) {
      const about = {
        destination,
        attempt,
        ...(items.length === 1 && items[0] ? named(items[0]) : { items: items.length }),
      };
      if (after.state === 'sent') {
        logger.info('Slack alert sent successfully', { ...about, secondsSinceEvent: seconds[0] });
        metrics.increment('alerts_sent_total', { destination, severity: worstOf(items) });
        if (items.length > 1) metrics.add('alerts_suppressed_total', items.length, { reason: 'digested' });
        for (const one of seconds) metrics.observe('alert_delivery_seconds', one);
        return;
      }
      const { state, reason, detail } = after;
      metrics.increment('alerts_failed_total', { reason });
      // A destination that refuses everything, or a message that is given up, waits for a person.
      const level = state === 'dead' || reason === 'rejected' ? 'error' : 'warn';
      const message = reason === 'rate_limited' ? 'Slack alert rate limited' : 'Slack alert failed';
      const retryInSeconds = after.state === 'pending' ? Math.round(after.afterSeconds) : undefined;
      logger.log(level, message, { ...about, reason, detail, state, retryInSeconds });
    },
    reconciled([destination], possibleDuplicates) {
      if (possibleDuplicates === 0 || destination === undefined) return;
      logger.warn('Alerts of the outage may have been told twice', { count: possibleDuplicates });
      metrics.add('alerts_possible_duplicates_total', possibleDuplicates, { destination });
    },
    disabled(count) {
      if (count === 0) return;
      logger.warn('Slack alerts that waited were suppressed: alerting is disabled', { count });
      metrics.add('alerts_suppressed_total', count, { reason: 'disabled' });
    },
  };
}

function named({ incidentId, incident, severity }: AffectedIncident): AffectedIncident {
  return { incidentId, incident, severity };
}

function incidentOf({ incident }: AffectedIncident): string {
  return incident;
}

function worstOf(items: readonly AffectedIncident[]): Severity {
  return severities.find((severity) => items.some((item) => item.severity === severity)) ?? 'info';
}
