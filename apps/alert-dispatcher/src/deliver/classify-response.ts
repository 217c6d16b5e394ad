/**
 * What a destination's answer means. Delivered is only what it confirmed in its own words: any other success may be a
 * proxy's page, and taking that for a delivery would lose the alert without a word.
 */
import { redactText } from '@swfx/logging';
import type { PostResponse } from './post-json';

export type Verdict =
  /** `thread`: where the destination keeps the message, if it says so. */
  | { outcome: 'delivered'; thread?: string }
  | { outcome: 'rate_limited'; detail: string; afterSeconds: number | undefined }
  /** `unsent`: it cannot have arrived. */
  | { outcome: 'retry'; reason: 'server_error' | 'network' | 'timeout'; detail: string; unsent: boolean }
  /** `payload`: this message is not acceptable. `rejected`: nothing is accepted at this address any more. */
  | { outcome: 'refused'; reason: 'payload' | 'rejected'; detail: string };

export interface ResponseReading {
  /** Who answered, for people. */
  receiver: string;
  now: Date;
  /** Whether an answer of status 200 to 299 is the destination's own confirmation. */
  confirms: (answer: { status: number; body: string }) => boolean;
}

export function classifyResponse(
  response: PostResponse,
  { receiver, now, confirms }: ResponseReading,
): Verdict {
  if (response.kind === 'no_answer') {
    const { reason, detail, unsent } = response;
    return { outcome: 'retry', reason, detail, unsent };
  }
  const { status, body } = response;
  if (status >= 200 && status < 300 && confirms(response)) return { outcome: 'delivered' };
  const detail = `${receiver} answered ${status}${body.trim() ? `: ${firstWords(body)}` : ''}`;
  if (status === 429)
    return { outcome: 'rate_limited', detail, afterSeconds: retryAfterSeconds(response, now) };
  // An error of the server does not tell how far it came: the message may be there.
  if (status >= 500 || status === 408)
    return { outcome: 'retry', reason: 'server_error', detail, unsent: false };
  if (status === 400 || status === 413) return { outcome: 'refused', reason: 'payload', detail };
  return { outcome: 'refused', reason: 'rejected', detail };
}

/** An incoming webhook of Slack says `ok` and nothing else. */
export function saysOk({ status, body }: { status: number; body: string }): boolean {
  return status === 200 && body.trim() === 'ok';
}

/**
 * How long to wait. Slack sends whole seconds, in the header and in the body; a proxy before it may send a date
 * (RFC 9110 §10.2.3). Undefined where neither is said: a number that is none would be a date to `Date.parse`.
 */
export function retryAfterSeconds(
  response: { body: string; retryAfter: string | undefined },
  now: Date,
): number | undefined {
  const header = response.retryAfter?.trim() ?? '';
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = /^[a-z]{3,9},? /i.test(header) ? Date.parse(header) : NaN;
  if (!Number.isNaN(date)) return Math.max(0, Math.ceil((date - now.getTime()) / 1000));
  const inBody = /"retry_after"\s*:\s*(\d{1,9})\b/.exec(response.body);
  return inBody ? Number(inBody[1]) : undefined;
}

function firstWords(body: string): string {
  return redactText(body).replace(/\s+/g, ' ').trim().slice(0, 200);
}
