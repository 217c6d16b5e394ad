import { buckets } from './buckets';
import type { MetricDefinition } from './catalogue';

const severities = ['critical', 'warning', 'info'] as const;

/** The part of the catalogue that is about alerts. */
export const alertMetrics = {
  alerts_sent_total: {
    type: 'counter',
    help: 'Alert messages delivered.',
    labels: { destination: 'open', severity: severities },
  },
  alerts_suppressed_total: {
    type: 'counter',
    help: 'Alerts held back, not sent, or told only as part of a digest, by reason.',
    labels: {
      reason: [
        'disabled',
        'duplicate',
        'rate_limited',
        'expired',
        'muted',
        'resolved_unsent',
        'overtaken',
        'not_firing',
        'digested',
      ],
    },
  },
  alerts_failed_total: {
    type: 'counter',
    help: 'Failed attempts to deliver an alert, by reason.',
    labels: { reason: ['rate_limited', 'server_error', 'network', 'timeout', 'rejected', 'payload'] },
  },
  alert_delivery_seconds: {
    type: 'histogram',
    help: 'Seconds from an event to the delivery of its alert.',
    labels: {},
    buckets: buckets.delivery,
  },
  alert_oldest_undelivered_seconds: {
    type: 'gauge',
    help: 'Age of the oldest alert that is not delivered yet; 0 when there is none.',
    labels: {},
  },
  alerts_possible_duplicates_total: {
    type: 'counter',
    help: 'Messages told again because it was not known whether they had arrived.',
    labels: { destination: 'open' },
  },
  alert_destination_breaker_open: {
    type: 'gauge',
    help: '1 while a destination refuses everything, else 0.',
    labels: { destination: 'open' },
  },
  alert_queue_depth: {
    type: 'gauge',
    help: 'Incidents of which a destination is still to be told something, by severity.',
    labels: { lane: severities },
  },
  alerts_missing: {
    type: 'gauge',
    help: 'Numbered alerts of the last day that never arrived, though later ones of their process did.',
    labels: {},
  },
  alert_heartbeat_timestamp_seconds: {
    type: 'gauge',
    help: 'When the last heartbeat was taken outside, or the process started if none was since; 0 without an address to beat for.',
    labels: {},
  },
  alert_spool_depth: { type: 'gauge', help: 'Alerts that wait in this service’s local spool.', labels: {} },
  alert_spool_age_seconds: {
    type: 'gauge',
    help: 'Seconds for which the oldest alert in this service’s local spool has waited; 0 when there is none.',
    labels: {},
  },
} as const satisfies Record<string, MetricDefinition>;
