/**
 * A channel of Slack through its Web API, with a bot token (`chat:write`): the end of an incident edits the message
 * that told of it, and details go into its thread. What is told counts as told when the first call of the two has
 * succeeded; the thread is a help to readers and is tried once.
 */
import { Secret } from '@swfx/config';
import { classifyResponse, retryAfterSeconds, type Verdict } from './classify-response';
import type { MessageLinks } from './message-lines';
import type { Destination, Notification, TellOptions } from './notification';
import { postJson, type PostResponse } from './post-json';
import { slackMessage } from './slack-message';

export interface SlackChannelOptions {
  name: string;
  token: Secret;
  channel: string;
  /** Such as `https://slack.com/api`. */
  apiUrl: string;
  timeoutMs: number;
  links: MessageLinks;
}

export function createSlackChannel(options: SlackChannelOptions): Destination {
  async function tell(notification: Notification, { format, thread, signal }: TellOptions): Promise<Verdict> {
    // One limit for all calls together: the sender's lease is not longer.
    const endsAt = performance.now() + options.timeoutMs;
    const call = (method: string, body: object): Promise<PostResponse> => {
      const url = new Secret(`${options.apiUrl}/${method}`);
      const timeoutMs = Math.max(1, Math.ceil(endsAt - performance.now()));
      return postJson({ url, token: options.token, timeoutMs, signal, receiver: 'Slack', body });
    };
    const message = slackMessage(notification, format, options.links);
    const original = parseThread(thread);
    const isEnd = notification.form === 'incident' && notification.act !== 'firing';
    const postAnew = () => call('chat.postMessage', { channel: options.channel, ...message });
    if (!original) return verdictOf(await postAnew());
    const { channel, ts } = original;
    const inThread = (content: object) => call('chat.postMessage', { channel, thread_ts: ts, ...content });
    if (!isEnd) {
      const reply = await inThread({ reply_broadcast: true, ...message });
      return isGone(reply) ? verdictOf(await postAnew()) : verdictOf(reply, thread);
    }
    const edit = await call('chat.update', { channel, ts, ...message });
    // Somebody deleted it, or it is too old to be edited: the end is news of its own then.
    if (isGone(edit)) return verdictOf(await postAnew());
    const verdict = verdictOf(edit, thread);
    if (verdict.outcome === 'delivered') await inThread(slackMessage(notification, 'plain'));
    return verdict;
  }
  return { name: options.name, tell };
}

/** The Web API answers 200 also when it refuses; its words (https://docs.slack.dev/reference/methods/chat.postMessage) say what it means. */
export function verdictOf(response: PostResponse, thread?: string | null): Verdict {
  const said = response.kind === 'answer' ? parseAnswer(response.body) : undefined;
  if (response.kind === 'answer' && response.status === 200 && said) {
    if (said.ok) {
      const place = said.channel && said.ts ? `${said.channel}:${said.ts}` : undefined;
      const kept = thread ?? place;
      return { outcome: 'delivered', ...(kept ? { thread: kept } : {}) };
    }
    const detail = `Slack answered ${said.error}`;
    if (said.error === 'ratelimited' || said.error === 'rate_limited')
      return { outcome: 'rate_limited', detail, afterSeconds: retryAfterSeconds(response, new Date()) };
    if (passing.has(said.error)) return { outcome: 'retry', reason: 'server_error', detail, unsent: false };
    return { outcome: 'refused', reason: unacceptable.has(said.error) ? 'payload' : 'rejected', detail };
  }
  return classifyResponse(response, { receiver: 'Slack', now: new Date(), confirms: () => false });
}

/** Whether there is no message any more that could be edited or replied to. */
function isGone(response: PostResponse): boolean {
  const said = response.kind === 'answer' ? parseAnswer(response.body) : undefined;
  return said?.ok === false && uneditable.has(said.error);
}

const uneditable = new Set([
  'message_not_found',
  'cant_update_message',
  'edit_window_closed',
  'thread_not_found',
  'cannot_reply_to_message',
  'restricted_action_thread_locked',
]);
const passing = new Set(['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout']);
const unacceptable = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_too_long',
  'no_text',
  'msg_blocks_too_long',
]);

interface Answer {
  ok: boolean;
  error: string;
  channel: string | undefined;
  ts: string | undefined;
}

function parseAnswer(body: string): Answer | undefined {
  try {
    const { ok, error, channel, ts } = JSON.parse(body) as Record<string, unknown>;
    if (typeof ok !== 'boolean') return undefined;
    return { ok, error: text(error) ?? 'an error without a name', channel: text(channel), ts: text(ts) };
  } catch {
    return undefined;
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value.slice(0, 200) : undefined;
}

function parseThread(thread: string | null): { channel: string; ts: string } | undefined {
  const [channel, ts] = thread?.split(':') ?? [];
  return channel && ts ? { channel, ts } : undefined;
}
