import { createParts, findMentions, type Part } from './message-parts';
import type { Span } from './mrkdwn';
import type { JsonObject } from './payload-rules';

/** An accepted message. `text` is what a person in the channel sees; `mentions` are those whom it calls. */
export type Message = {
  id: number;
  receivedAt: string;
  text: string;
  mentions: string[];
  truncated: boolean;
  parts: Part[];
  payload: JsonObject;
};

/** The messages of the one channel, the oldest first. */
export type Channel = {
  post(payload: JsonObject, truncated: boolean): Message;
  messages(sinceId?: number): Message[];
  clear(): void;
};

/** A channel that remembers the newest `limit` messages. Ids go on rising, also after `clear()`. */
export function createChannel(limit: number, now: () => number): Channel {
  const messages: Message[] = [];
  let lastId = 0;
  return {
    post(payload, truncated) {
      const parts = createParts(payload);
      const mentions = findMentions(payload, parts);
      const receivedAt = new Date(now()).toISOString();
      const message = {
        id: ++lastId,
        receivedAt,
        text: showParts(parts),
        mentions,
        truncated,
        parts,
        payload,
      };
      messages.push(message);
      if (messages.length > limit) messages.shift();
      return message;
    },
    messages: (sinceId = 0) => messages.filter((message) => message.id > sinceId),
    clear: () => void messages.splice(0),
  };
}

function showParts(parts: Part[]): string {
  return parts.map((part) => showPart(part)).join('\n');
}

function showPart({ kind, spans, url }: Part): string {
  if (kind === 'divider') return '────────';
  const text = spans.map(showSpan).join('');
  if (kind === 'button') return url ? `[${text}] ${url}` : `[${text}]`;
  return kind === 'image' ? `(image: ${text})` : text;
}

function showSpan(span: Span): string {
  return span.kind === 'link' && span.text !== span.url ? `${span.text} (${span.url})` : span.text;
}
