import type { Secret } from '@swfx/config';
import { classifyResponse } from '../deliver/classify-response';
import type { Destination } from '../deliver/notification';
import { postJson } from '../deliver/post-json';
import { heartbeatDestination } from './heartbeat-alert';

/** The address outside that is called with each beat; it confirms with 2xx. */
export function createHeartbeatDestination(options: { url: Secret; timeoutMs: number }): Destination {
  const receiver = 'The address of the heartbeat';
  return {
    name: heartbeatDestination,
    async tell(notification, { signal }) {
      const at = notification.form === 'incident' ? notification.story.alert.occurredAt : notification.now;
      const response = await postJson({ ...options, body: { v: 1, at }, signal, receiver });
      return classifyResponse(response, { receiver, now: new Date(), confirms: () => true });
    },
  };
}
