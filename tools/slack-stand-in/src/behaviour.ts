import type { RateLimit } from './leaky-bucket';
import { isObject, type JsonObject } from './payload-rules';

/**
 * One answer, or `times` answers, in place of Slack's usual one:
 * a status (with Slack's usual body for it), an error of the Web API (status 200 and the error's name), no answer for
 * `hangMs` and then a broken connection, a connection reset at once, or a message that is accepted and shown while its
 * answer is lost.
 */
export type ScriptedAnswer = { times?: number } & (
  | { status: number; body?: string; retryAfter?: number }
  | { error: string }
  | { hangMs: number }
  | { reset: true }
  | { loseAnswer: true }
);

/** How the stand-in behaves: the next answers in place of its own, and the rate limit or null for none. */
export type Behaviour = { next: ScriptedAnswer[]; rateLimit: RateLimit | null };

type Parsed = { ok: true; behaviour: Partial<Behaviour> } | { ok: false; problem: string };

/** Reads the body of `PUT /behaviour`. */
export function parseBehaviour(body: unknown): Parsed {
  if (!isObject(body)) return { ok: false, problem: 'the body must be a JSON object' };
  const { next, rateLimit, ...others } = body;
  if (Object.keys(others).length > 0)
    return { ok: false, problem: `unknown: ${Object.keys(others).join(', ')}` };
  if (next !== undefined && !(Array.isArray(next) && next.every(isScriptedAnswer))) {
    return {
      ok: false,
      problem:
        'next must be a list of { status }, { error }, { hangMs }, { reset: true } or { loseAnswer: true }',
    };
  }
  if (rateLimit !== undefined && rateLimit !== null && !isRateLimit(rateLimit)) {
    return { ok: false, problem: 'rateLimit must be null or { perSecond, burst }, both positive' };
  }
  return { ok: true, behaviour: body };
}

/** Takes the next scripted answer off the list, where one with `times` stays until it was given so often. */
export function takeNext(next: readonly ScriptedAnswer[]): {
  answer?: ScriptedAnswer;
  rest: ScriptedAnswer[];
} {
  const [answer, ...rest] = next;
  if (!answer) return { rest: [] };
  const left = (answer.times ?? 1) - 1;
  return { answer, rest: left > 0 ? [{ ...answer, times: left }, ...rest] : rest };
}

function isScriptedAnswer(value: unknown): value is ScriptedAnswer {
  if (!isObject(value)) return false;
  const { times, ...answer } = value;
  if (times !== undefined && !(Number.isInteger(times) && (times as number) > 0)) return false;
  const { status, error, hangMs, reset, loseAnswer } = answer;
  if (status !== undefined) return isStatus(answer);
  const isKnown = isPositive(hangMs) || reset === true || loseAnswer === true || typeof error === 'string';
  return Object.keys(answer).length === 1 && isKnown;
}

function isStatus({ status, body, retryAfter, ...others }: JsonObject): boolean {
  const known = Number.isInteger(status) && (status as number) >= 200 && (status as number) <= 599;
  const bodyFits = body === undefined || typeof body === 'string';
  return (
    known &&
    bodyFits &&
    (retryAfter === undefined || isPositive(retryAfter)) &&
    Object.keys(others).length === 0
  );
}

function isRateLimit(value: unknown): value is RateLimit {
  return isObject(value) && isPositive(value['perSecond']) && isPositive(value['burst']);
}

function isPositive(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}
