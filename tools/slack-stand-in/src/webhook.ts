/**
 * `POST /services/T000/B000/<secret>`: what Slack looks at, in its order. First the address, then whatever a test
 * has scripted, then the rate limit, and only then the payload. Each call is kept as an attempt with its outcome,
 * so that a test can tell a retry from a message that was sent once.
 */
import type { Request, RequestHandler } from 'express';
import { takeNext, type Behaviour, type ScriptedAnswer } from './behaviour';
import type { Channel } from './channel';
import { checkPayload } from './check-payload';
import { formatMessage, formatRefusal } from './format-message';
import { pourIntoBucket, type BucketLevel } from './leaky-bucket';

/** A call of the webhook. `outcome` is the status that was answered, or what took the place of an answer. */
export type Attempt = { at: string; outcome: number | 'hung' | 'reset' | 'answer lost'; body: string | null };

/** What the webhook is to do with a call; `lose` resets the connection where `reply` would have been sent. */
export type Answer =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'lose'; reply: Reply }
  | { kind: 'hang'; hangMs: number }
  | { kind: 'reset' };

type Reply = { status: number; body: string; headers?: Record<string, string> };

type WebhookDeps = {
  secret: string;
  channel: Channel;
  /** Shared with the routes that change it at run time. */
  behaviour: Behaviour;
  print: (block: string) => void;
  now: () => number;
};

/** Decides the answer to one call after the other; accepted messages are in the channel when it returns. */
export function createWebhook(deps: WebhookDeps): (request: Request) => Answer {
  const refuseAboveLimit = createLimiter(deps);
  return (request) => {
    const misaddressed = checkAddress(request, deps.secret);
    if (misaddressed) return { kind: 'reply', reply: misaddressed };
    const { answer, rest } = takeNext(deps.behaviour.next);
    deps.behaviour.next = rest;
    if (answer && !('loseAnswer' in answer)) return scriptedAnswer(answer);
    return { kind: answer ? 'lose' : 'reply', reply: refuseAboveLimit() ?? takeMessage(request, deps) };
  };
}

/** Carries an answer out. `hang` keeps the response unanswered for so long, or until the caller gives up. */
export function createAnswering(
  webhook: (request: Request) => Answer,
  { record, hang }: { record: (outcome: Attempt['outcome'], body: string | null) => void; hang: Hang },
): RequestHandler {
  return (request, response) => {
    const answer = webhook(request);
    if (answer.kind === 'reply') {
      const { status, body, headers = {} } = answer.reply;
      record(status, body);
      response.status(status).type('text/plain').set(headers).send(body);
    } else if (answer.kind === 'hang') {
      record('hung', null);
      hang(response, answer.hangMs);
    } else {
      record(
        answer.kind === 'lose' ? 'answer lost' : 'reset',
        answer.kind === 'lose' ? answer.reply.body : null,
      );
      request.socket.resetAndDestroy();
    }
  };
}

type Hang = (response: Parameters<RequestHandler>[1], hangMs: number) => void;

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

function scriptedAnswer(answer: Exclude<ScriptedAnswer, { loseAnswer: true }>): Answer {
  if ('hangMs' in answer) return { kind: 'hang', hangMs: answer.hangMs };
  if ('reset' in answer) return { kind: 'reset' };
  const { status, body, retryAfter } = answer;
  if (status === 429) return { kind: 'reply', reply: rateLimited(retryAfter ?? 1) };
  const headers: Record<string, string> =
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) };
  return {
    kind: 'reply',
    reply: { status, body: body ?? usualBodies[status] ?? 'service_unavailable', headers },
  };
}

function rateLimited(retryAfter: number): Reply {
  const body = JSON.stringify({ ok: false, error: 'rate_limited', retry_after: retryAfter });
  return {
    status: 429,
    body,
    headers: { 'retry-after': String(retryAfter), 'content-type': 'application/json' },
  };
}

function createLimiter({ behaviour, now }: WebhookDeps): () => Reply | undefined {
  let bucket: BucketLevel = { level: 0, atMs: now() };
  return () => {
    if (!behaviour.rateLimit) return undefined;
    const poured = pourIntoBucket(bucket, behaviour.rateLimit, now());
    if (poured.outcome === 'limited') return rateLimited(poured.retryAfterSeconds);
    bucket = poured.bucket;
    return undefined;
  };
}

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
