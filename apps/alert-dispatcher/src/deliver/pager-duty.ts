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
    async tell(notification, { format, signal }) {
      const body = { routing_key: routingKey.reveal(), ...pagerDutyEvent(notification, format) };
      const secrets = [routingKey];
      const response = await postJson({ url, body, timeoutMs, signal, secrets, receiver: 'PagerDuty' });
      const confirms = ({ status }: { status: number }) => status === 202;
      return classifyResponse(response, { receiver: 'PagerDuty', now: new Date(), confirms });
    },
  };
}

const severities = { critical: 'critical', warning: 'warning', info: 'info' } as const;
const longestSummary = 1_024;

/** PagerDuty takes no event of more than 512 KB, and a page is worth more than its details. */
const detailLimits = { count: 50, name: 100, value: 1_000 } as const;

/** A notification as an event, without its routing key; `plain`, without details, where those were refused. */
export function pagerDutyEvent(notification: Notification, format: 'blocks' | 'plain' = 'blocks'): object {
  const lines = messageLines(notification, {});
  const summary = cut(`[${lines.environment.toUpperCase()}] ${lines.title}`, longestSummary);
  const details =
    format === 'plain' ? {} : detailsOf([[lines.second.name, lines.second.value], ...lines.fields]);
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

function detailsOf(fields: readonly (readonly [string, string])[]): object {
  const { count, name: nameLimit, value: valueLimit } = detailLimits;
  return Object.fromEntries(
    fields.slice(0, count).map(([name, value]) => [cut(name, nameLimit), cut(value, valueLimit)]),
  );
}

function cut(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length > limit ? `${characters.slice(0, limit - 1).join('')}…` : text;
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
