/**
 * `POST /api/<method>` with the bot's token: `chat.postMessage` (threads and replies too) and `chat.update`, as strict
 * as Slack is (https://docs.slack.dev/reference/methods/chat.postMessage). The Web API says no with status 200 and the
 * name of the error; only the rate limit has a status of its own.
 */
import type { Request } from 'express';
import type { Answer, Calls, Reply, Voice } from './calls';
import type { Channel, Message } from './channel';
import { checkPayload, type PayloadVerdict } from './check-payload';
import { formatMessage, formatRefusal } from './format-message';

export type WebApiMethod = 'chat.postMessage' | 'chat.update';

/** The one channel there is, by its name and its id. */
export const channelName = '#platform-alerts';
export const channelId = 'C0PLATFORM';

type WebApiDeps = {
  token: string;
  channel: Channel;
  calls: Calls;
  print: (block: string) => void;
};

/** Decides the answer to calls of one method. An edit posts nothing new, and does not count against the limit. */
export function createWebApi(method: WebApiMethod, deps: WebApiDeps): (request: Request) => Answer {
  const take = method === 'chat.update' ? editMessage : postMessage;
  return (request) => {
    const given = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (given !== deps.token)
      return { kind: 'reply', reply: refused(given === undefined ? 'not_authed' : 'invalid_auth') };
    return deps.calls.answer(voice, () => readMessage(request, deps, take), {
      limited: method === 'chat.postMessage',
    });
  };
}

const voice: Voice = {
  status: ({ status, body }) => json(body ?? JSON.stringify({ ok: false, error: 'internal_error' }), status),
  error: refused,
  limited: (seconds) => ({
    ...json(JSON.stringify({ ok: false, error: 'ratelimited' }), 429),
    headers: { 'content-type': 'application/json', 'retry-after': String(seconds) },
  }),
};

type Accepted = Extract<PayloadVerdict, { verdict: 'accepted' }>;

function readMessage(
  request: Request,
  deps: WebApiDeps,
  take: (accepted: Accepted, deps: WebApiDeps) => Reply,
): Reply {
  const body = typeof request.body === 'string' ? request.body : '';
  const verdict = checkPayload(request.get('content-type'), body);
  if (verdict.verdict === 'refused') {
    deps.print(formatRefusal(verdict.error, verdict.details));
    const error = verdict.error === 'invalid_payload' ? 'invalid_json' : verdict.error;
    return refused(error, verdict.details);
  }
  const { channel } = verdict.payload;
  if (channel !== channelName && channel !== channelId) return refused('channel_not_found');
  return take(verdict, deps);
}

function postMessage({ payload, truncated }: Accepted, { channel, print }: WebApiDeps): Reply {
  const { thread_ts: thread } = payload;
  if (thread === undefined) return shown(channel.post(payload, truncated), print);
  if (typeof thread !== 'string' || !channel.find(thread)) return refused('thread_not_found');
  return shown(channel.post(payload, truncated, thread), print);
}

/** `ts` names the message whose place the new one takes. */
function editMessage({ payload, truncated }: Accepted, { channel, print }: WebApiDeps): Reply {
  const { ts } = payload;
  const edited = typeof ts === 'string' ? channel.edit(ts, payload, truncated) : undefined;
  return edited ? shown(edited, print) : refused('message_not_found');
}

function shown(message: Message, print: (block: string) => void): Reply {
  print(formatMessage(message));
  return json(JSON.stringify({ ok: true, channel: channelId, ts: message.ts, message: message.payload }));
}

function refused(error: string, messages: string[] = []): Reply {
  const details = messages.length > 0 ? { response_metadata: { messages } } : {};
  return json(JSON.stringify({ ok: false, error, ...details }));
}

function json(body: string, status = 200): Reply {
  return { status, body, headers: { 'content-type': 'application/json' } };
}
