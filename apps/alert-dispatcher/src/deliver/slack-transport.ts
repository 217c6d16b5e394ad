import type { Secret } from '@swfx/config';
import axios, { isAxiosError } from 'axios';
import type { SlackResponse } from './classify-slack-response';
import type { SlackMessage } from './slack-message';

/** Posts one message and tells what came back. Never throws, and never tells where it posted to. */
export interface SlackTransport {
  post(message: SlackMessage, signal: AbortSignal): Promise<SlackResponse>;
}

const longestAnswerBytes = 65_536;

/** A transport to an incoming webhook. The whole exchange, from the connection to the last byte, has one time limit. */
export function createSlackTransport(options: { webhookUrl: Secret; timeoutMs: number }): SlackTransport {
  return {
    async post(message, signal) {
      const deadline = AbortSignal.timeout(options.timeoutMs);
      try {
        const { status, data, headers } = await axios.post<string>(options.webhookUrl.reveal(), message, {
          signal: AbortSignal.any([deadline, signal]),
          responseType: 'text',
          transformResponse: (body: unknown) => body,
          validateStatus: () => true,
          maxRedirects: 0,
          maxContentLength: longestAnswerBytes,
          proxy: false,
        });
        const retryAfter: unknown = headers['retry-after'];
        return {
          kind: 'answer',
          status,
          body: String(data ?? ''),
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
        };
      } catch (error) {
        return deadline.aborted
          ? {
              kind: 'no_answer',
              reason: 'timeout',
              detail: `Slack did not answer in ${options.timeoutMs / 1000} s`,
            }
          : { kind: 'no_answer', reason: 'network', detail: `Slack was not reached: ${codeOf(error)}` };
      }
    },
  };
}

/** The code alone: the error itself carries the request's configuration, in which the address is. */
function codeOf(error: unknown): string {
  return (isAxiosError(error) && error.code) || 'unknown error';
}
