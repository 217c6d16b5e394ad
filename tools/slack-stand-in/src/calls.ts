/**
 * What every call of Slack meets before its content is looked at, by webhook or Web API: whatever a test has scripted,
 * then the rate limit. Each call is kept as an attempt with its outcome, so that a test can tell a retry from a
 * message that was sent once.
 */
import type { Request, RequestHandler, Response } from 'express';
import { takeNext, type Behaviour, type ScriptedAnswer } from './behaviour';
import { pourIntoBucket, type BucketLevel } from './leaky-bucket';

/** A call. `outcome` is the status that was answered, or what took the place of an answer. */
export type Attempt = {
  at: string;
  /** `webhook`, or the method of the Web API. */
  method: string;
  outcome: number | 'hung' | 'reset' | 'answer lost';
  body: string | null;
};

export type Reply = { status: number; body: string; headers?: Record<string, string> };

/** What is to be done with a call; `lose` resets the connection where `reply` would have been sent. */
export type Answer =
  | { kind: 'reply'; reply: Reply }
  | { kind: 'lose'; reply: Reply }
  | { kind: 'hang'; hangMs: number }
  | { kind: 'reset' };

/** What a script says, in the words of whoever was called. */
export type Voice = {
  status(answer: Extract<ScriptedAnswer, { status: number }>): Reply;
  error(name: string): Reply;
  limited(retryAfterSeconds: number): Reply;
};

/** Decides what becomes of calls; shared by webhook and Web API, which share the channel and its limit. */
export type Calls = {
  /** `take` looks at the content, and posts it if it is good. `limited: false` for calls that post nothing new. */
  answer(voice: Voice, take: () => Reply, options?: { limited: boolean }): Answer;
};

/** The behaviour is shared with the routes that change it at run time. */
export function createCalls({ behaviour, now }: { behaviour: Behaviour; now: () => number }): Calls {
  let bucket: BucketLevel = { level: 0, atMs: now() };
  function waitSeconds(): number | undefined {
    if (!behaviour.rateLimit) return undefined;
    const poured = pourIntoBucket(bucket, behaviour.rateLimit, now());
    if (poured.outcome === 'limited') return poured.retryAfterSeconds;
    bucket = poured.bucket;
    return undefined;
  }
  return {
    answer(voice, take, { limited } = { limited: true }) {
      const { answer, rest } = takeNext(behaviour.next);
      behaviour.next = rest;
      if (answer && !('loseAnswer' in answer)) return scripted(voice, answer);
      const seconds = limited ? waitSeconds() : undefined;
      const reply = seconds === undefined ? take() : voice.limited(seconds);
      return { kind: answer ? 'lose' : 'reply', reply };
    },
  };
}

function scripted(voice: Voice, answer: Exclude<ScriptedAnswer, { loseAnswer: true }>): Answer {
  if ('hangMs' in answer) return { kind: 'hang', hangMs: answer.hangMs };
  if ('reset' in answer) return { kind: 'reset' };
  if ('error' in answer) return { kind: 'reply', reply: voice.error(answer.error) };
  const { status, retryAfter } = answer;
  return { kind: 'reply', reply: status === 429 ? voice.limited(retryAfter ?? 1) : voice.status(answer) };
}

/** Carries an answer out. `hang` keeps the response unanswered for so long, or until the caller gives up. */
export function createAnswering(
  decide: (request: Request) => Answer,
  {
    method,
    record,
    hang,
  }: { method: string; record: RecordAttempt; hang: (response: Response, hangMs: number) => void },
): RequestHandler {
  return (request, response) => {
    const answer = decide(request);
    if (answer.kind === 'reply') {
      const { status, body, headers = {} } = answer.reply;
      record(method, status, body);
      response.status(status).type('text/plain').set(headers).send(body);
    } else if (answer.kind === 'hang') {
      record(method, 'hung', null);
      hang(response, answer.hangMs);
    } else {
      const isLost = answer.kind === 'lose';
      record(method, isLost ? 'answer lost' : 'reset', isLost ? answer.reply.body : null);
      request.socket.resetAndDestroy();
    }
  };
}

type RecordAttempt = (method: string, outcome: Attempt['outcome'], body: string | null) => void;
