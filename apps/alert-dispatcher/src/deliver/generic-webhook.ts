import type { Secret } from '@swfx/config';
import { classifyResponse } from './classify-response';
import { messageLines } from './message-lines';
import type { Destination, Notification } from './notification';
import { postJson } from './post-json';

/** Any HTTP endpoint: it gets a JSON document (`v: 1`), with a bearer token if one is configured, and confirms with 2xx. */
export function createGenericWebhook(options: {
  name: string;
  url: Secret;
  token: Secret | undefined;
  timeoutMs: number;
}): Destination {
  const { name, url, token, timeoutMs } = options;
  return {
    name,
    async tell(notification, { signal }) {
      const body = webhookDocument(notification);
      const response = await postJson({ url, token, body, timeoutMs, signal, receiver: name });
      return classifyResponse(response, { receiver: name, now: new Date(), confirms: () => true });
    },
  };
}

/** A notification as a document for programs. */
export function webhookDocument(notification: Notification): object {
  const { title, second, timestamp, fields, environment } = messageLines(notification, {});
  const readable = { environment, title, [second.name.toLowerCase()]: second.value, timestamp };
  if (notification.form === 'digest')
    return { v: 1, form: 'digest', ...readable, alerts: notification.items };
  const { act, incidentId, story } = notification;
  const { incident, severity, service, kind } = story.alert;
  return {
    v: 1,
    form: 'incident',
    status: act,
    incidentId,
    incident,
    kind,
    severity,
    service,
    ...readable,
    fields: Object.fromEntries(fields),
  };
}
