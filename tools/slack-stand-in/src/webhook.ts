/**
 * `POST /services/T000/B000/<secret>`: what Slack looks at, in its order. First the address, then whatever a test
 * has scripted, then the rate limit, and only then the payload.
 */
import type { Request } from 'express';
import type { Answer, Calls, Reply, Voice } from './calls';
import type { Channel } from './channel';
import { checkPayload } from './check-payload';
import { formatMessage, formatRefusal } from './format-message';

type WebhookDeps = {
  secret: string;
  channel: Channel;
  calls: Calls;
  print: (block: string) => void;
};

/** Decides the answer to one call after the other; accepted messages are in the channel when it returns. */
export function createWebhook(deps: WebhookDeps): (request: Request) => Answer {
  return (request) => {
    const misaddressed = checkAddress(request, deps.secret);
    if (misaddressed) return { kind: 'reply', reply: misaddressed };
    return deps.calls.answer(voice, () => takeMessage(request, deps));
  };
}

function checkAddress(request: Request, secret: string): Reply | undefined {
  const { team, bot, secret: given } = request.params;
  if (team !== 'T000' || bot !== 'B000') return { status: 404, body: 'no_service' };
  return given === secret ? undefined : { status: 403, body: 'invalid_token' };
}

/** Slack's bodies for the statuses that a test is likely to ask for. */
const usualBodies: Record<number, string> = {
  200: 'ok',
  400: 'invalid_payload',
  403: 'action_prohibited',
  404: 'no_service',
  410: 'channel_is_archived',
  500: 'rollup_error',
};

const voice: Voice = {
  status({ status, body, retryAfter }) {
    const headers: Record<string, string> =
      retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
    return { status, body: body ?? usualBodies[status] ?? 'service_unavailable', headers };
  },
  error: (name) => ({ status: 400, body: name }),
  limited(seconds) {
    const body = JSON.stringify({ ok: false, error: 'rate_limited', retry_after: seconds });
    return {
      status: 429,
      body,
      headers: { 'retry-after': String(seconds), 'content-type': 'application/json' },
    };
  },
};

function takeMessage(request: Request, { channel, print }: WebhookDeps): Reply {
  const verdict = checkPayload(
    request.get('content-type'),
    typeof request.body === 'string' ? request.body : '',
  );
  if (verdict.verdict === 'refused') {
    print(formatRefusal(verdict.error, verdict.details));
    // Slack leaves the reason to be guessed; a header tells it without changing the body.
    const detail = encodeURIComponent(verdict.details.slice(0, 5).join('; '));
    return { status: 400, body: verdict.error, headers: { 'x-stand-in-detail': detail } };
  }
  print(formatMessage(channel.post(verdict.payload, verdict.truncated)));
  return { status: 200, body: 'ok' };
}
