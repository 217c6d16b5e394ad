import { addAbortSignal, type Readable } from 'node:stream';
import type { Secret } from '@swfx/config';
import axios from 'axios';

/** What came back from one post: an answer, or none. */
export type PostResponse =
  | { kind: 'answer'; status: number; body: string; retryAfter: string | undefined }
  /** `unsent`: not even a connection was made, so that nothing can have arrived. */
  | { kind: 'no_answer'; reason: 'timeout' | 'network'; detail: string; unsent: boolean };

export interface PostRequest {
  url: Secret;
  body: object;
  token?: Secret | undefined;
  /** For the whole exchange, from the connection to the last byte. */
  timeoutMs: number;
  signal: AbortSignal;
  /** Who is posted to, for people: `Slack did not answer in 10 s`. */
  receiver: string;
  /** What is secret in the body. */
  secrets?: readonly Secret[];
}

const longestAnswerBytes = 65_536;

/** Posts one JSON document and tells what came back. Never throws, and never tells where it posted to. */
export async function postJson(request: PostRequest): Promise<PostResponse> {
  const { url, body, token, timeoutMs, receiver } = request;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = AbortSignal.any([deadline, request.signal]);
  try {
    const answer = await axios.post<Readable>(url.reveal(), body, {
      signal,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...(token ? { authorization: `Bearer ${token.reveal()}` } : {}),
      },
      responseType: 'stream',
      validateStatus: () => true,
      maxRedirects: 0,
      proxy: false,
    });
    const retryAfter: unknown = answer.headers['retry-after'];
    return {
      kind: 'answer',
      status: answer.status,
      body: withoutSecrets(await readStart(addAbortSignal(signal, answer.data)), request),
      retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
    };
  } catch (error) {
    if (deadline.aborted) {
      const detail = `${receiver} did not answer in ${timeoutMs / 1000} s`;
      return { kind: 'no_answer', reason: 'timeout', detail, unsent: false };
    }
    const code = codeOf(error);
    const detail = `${receiver} was not reached: ${code}`;
    return { kind: 'no_answer', reason: 'network', detail, unsent: unsentCodes.has(code) };
  }
}

/**
 * The beginning of an answer. One that is too long is an answer all the same: to call it none would be to post again
 * what was taken.
 */
async function readStart(answer: Readable): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size >= longestAnswerBytes) break;
  }
  return Buffer.concat(pieces).toString('utf8', 0, Math.min(size, longestAnswerBytes));
}

/** Shorter words are no secrets, and would blot out half of an answer. */
const shortestSecret = 8;

/** An answer is written down for people, and some repeat what they were sent: address, token or body. */
function withoutSecrets(answer: string, { url, token, secrets = [] }: PostRequest): string {
  const { href, pathname, search } = new URL(url.reveal());
  const words = [
    href,
    `${pathname}${search}`,
    ...pathname.split('/'),
    ...[token, ...secrets].map((one) => one?.reveal()),
  ];
  return words
    .filter((word) => word !== undefined && word.length >= shortestSecret)
    .reduce<string>((text, word) => text.replaceAll(word ?? '', '[redacted]'), answer);
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']);

/** The code alone: the error itself carries the request's configuration, in which the address is. */
function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' && /^[A-Z_]+$/.test(code) ? code : 'unknown error';
}
