import { Secret } from '@swfx/config';
import { classifyResponse } from './classify-response';
import { messageLines } from './message-lines';
import type { Destination, IncidentNotification, Notification } from './notification';
import { postJson } from './post-json';

/**
 * An on-call service that speaks PagerDuty's Events API v2 (https://developer.pagerduty.com/docs/events-api-v2). The
 * incident's id is the `dedup_key`, so that a repeated message pages nobody twice and the end resolves what it began.
 */
export function createPagerDuty(options: {
  name: string;
  routingKey: Secret;
  url: string;
  timeoutMs: number;
}): Destination {
  const { name, routingKey, timeoutMs } = options;
  const url = new Secret(options.url);
  return {
    name,
    async tell(notification, { signal }) {
      const body = { routing_key: routingKey.reveal(), ...pagerDutyEvent(notification) };
      const secrets = [routingKey];
      const response = await postJson({ url, body, timeoutMs, signal, secrets, receiver: 'PagerDuty' });
      const confirms = ({ status }: { status: number }) => status === 202;
      return classifyResponse(response, { receiver: 'PagerDuty', now: new Date(), confirms });
    },
  };
}

const severities = { critical: 'critical', warning: 'warning', info: 'info' } as const;
const longestSummary = 1_024;

/** A notification as an event, without its routing key. */
export function pagerDutyEvent(notification: Notification): object {
  const lines = messageLines(notification, {});
  const summary = `[${lines.environment.toUpperCase()}] ${lines.title}`.slice(0, longestSummary);
  const details = { [lines.second.name]: lines.second.value, ...Object.fromEntries(lines.fields) };
  if (notification.form === 'digest') {
    const severity = notification.items.some((item) => item.severity === 'critical') ? 'critical' : 'warning';
    return triggerOf(notification.messageId, {
      summary,
      severity,
      source: 'alert-dispatcher',
      custom_details: details,
    });
  }
  if (notification.act !== 'firing') return { event_action: 'resolve', dedup_key: notification.incidentId };
  return triggerOf(notification.incidentId, payloadOf(notification, summary, details));
}

function payloadOf({ story: { alert } }: IncidentNotification, summary: string, details: object): object {
  return {
    summary,
    severity: severities[alert.severity],
    source: alert.service,
    timestamp: alert.occurredAt,
    component: alert.incident,
    class: alert.kind,
    custom_details: details,
  };
}

function triggerOf(dedupKey: string, payload: object): object {
  return { event_action: 'trigger', dedup_key: dedupKey, payload };
}
