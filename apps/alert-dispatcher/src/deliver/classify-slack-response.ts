/**
 * What Slack's answer means. Delivered is only what Slack itself confirmed with its `ok`: any other success is not
 * Slack's, and taking a proxy's page for a delivery would lose the alert without a word.
 */
import { redactText } from '@swfx/logging';

/** What came back from one post: an answer, or none. */
export type SlackResponse =
  | { kind: 'answer'; status: number; body: string; retryAfter: string | undefined }
  | { kind: 'no_answer'; reason: 'timeout' | 'network'; detail: string };

export type SlackVerdict =
  | { outcome: 'delivered' }
  | { outcome: 'rate_limited'; detail: string; afterSeconds: number | undefined }
  | { outcome: 'retry'; reason: 'server_error' | 'network' | 'timeout'; detail: string }
  /** `payload`: this message is not acceptable. `rejected`: nothing is accepted at this address any more. */
  | { outcome: 'refused'; reason: 'payload' | 'rejected'; detail: string };

export function classifySlackResponse(response: SlackResponse, now: Date): SlackVerdict {
  if (response.kind === 'no_answer')
    return { outcome: 'retry', reason: response.reason, detail: response.detail };
  const { status, body } = response;
  if (status === 200 && body.trim() === 'ok') return { outcome: 'delivered' };
  const detail = `Slack answered ${status}${body.trim() ? `: ${firstWords(body)}` : ''}`;
  if (status === 429) return { outcome: 'rate_limited', detail, afterSeconds: retryAfter(response, now) };
  if (status >= 500 || status === 408) return { outcome: 'retry', reason: 'server_error', detail };
  if (status === 400 || status === 413) return { outcome: 'refused', reason: 'payload', detail };
  return { outcome: 'refused', reason: 'rejected', detail };
}

/** Slack sends whole seconds, in the header and in the body; a proxy before it may send a date (RFC 9110 §10.2.3). */
function retryAfter(
  response: { body: string; retryAfter: string | undefined },
  now: Date,
): number | undefined {
  const header = response.retryAfter?.trim() ?? '';
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const date = Date.parse(header);
  if (!Number.isNaN(date)) return Math.max(0, Math.ceil((date - now.getTime()) / 1000));
  const inBody = /"retry_after"\s*:\s*(\d{1,9})\b/.exec(response.body);
  return inBody ? Number(inBody[1]) : undefined;
}

function firstWords(body: string): string {
  return redactText(body).replace(/\s+/g, ' ').trim().slice(0, 200);
}
