import { createParts, findMentions, type Part } from './message-parts';
import type { Span } from './mrkdwn';
import type { JsonObject } from './payload-rules';

/** An accepted message. `text` is what a person in the channel sees; `mentions` are those whom it calls. */
export type Message = {
  id: number;
  /** Its name in the Web API. */
  ts: string;
  /** The `ts` of the message whose thread it is in; null in the channel itself. */
  thread: string | null;
  receivedAt: string;
  /** When it was last edited; null if it never was. */
  editedAt: string | null;
  text: string;
  mentions: string[];
  truncated: boolean;
  parts: Part[];
  payload: JsonObject;
};

/** The messages of the one channel, the oldest first. */
export type Channel = {
  post(payload: JsonObject, truncated: boolean, thread?: string): Message;
  /** Replaces what a message says; undefined when there is none of that name. */
  edit(ts: string, payload: JsonObject, truncated: boolean): Message | undefined;
  find(ts: string): Message | undefined;
  messages(sinceId?: number): Message[];
  clear(): void;
};

/** A channel that remembers the newest `limit` messages. Ids go on rising, also after `clear()`. */
export function createChannel(limit: number, now: () => number): Channel {
  const messages: Message[] = [];
  let lastId = 0;
  const find = (ts: string) => messages.find((message) => message.ts === ts);
  return {
    post(payload, truncated, thread) {
      const at = now();
      const id = ++lastId;
      const message: Message = {
        id,
        ts: `${Math.floor(at / 1_000)}.${String(id).padStart(6, '0')}`,
        thread: thread ?? null,
        receivedAt: new Date(at).toISOString(),
        editedAt: null,
        ...contentOf(payload, truncated),
      };
      messages.push(message);
      if (messages.length > limit) messages.shift();
      return message;
    },
    edit(ts, payload, truncated) {
      const message = find(ts);
      return (
        message &&
        Object.assign(message, contentOf(payload, truncated), { editedAt: new Date(now()).toISOString() })
      );
    },
    find,
    messages: (sinceId = 0) => messages.filter((message) => message.id > sinceId),
    clear: () => void messages.splice(0),
  };
}

function contentOf(payload: JsonObject, truncated: boolean) {
  const parts = createParts(payload);
  return { text: showParts(parts), mentions: findMentions(payload, parts), truncated, parts, payload };
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
