import type { Secret } from '@swfx/config';
import { classifyResponse, saysOk } from './classify-response';
import type { MessageLinks } from './message-lines';
import type { Destination } from './notification';
import { postJson } from './post-json';
import { slackMessage } from './slack-message';

/** An incoming webhook of Slack. It can neither edit nor thread, so that an end is a short message of its own. */
export function createSlackWebhook(options: {
  name: string;
  url: Secret;
  timeoutMs: number;
  links: MessageLinks;
}): Destination {
  const { name, url, timeoutMs, links } = options;
  return {
    name,
    async tell(notification, { format, signal }) {
      const body = slackMessage(notification, format, links);
      const response = await postJson({ url, body, timeoutMs, signal, receiver: 'Slack' });
      return classifyResponse(response, { receiver: 'Slack', now: new Date(), confirms: saysOk });
    },
  };
}
