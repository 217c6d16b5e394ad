/**
 * The heartbeat: a synthetic alert that goes the whole way of any other, from the intake over Postgres, decision and
 * budget to a sender, whose last step is the call to an address outside. Whoever waits for that call there notices what
 * nobody inside can tell any more. Nobody reads a message for it: its destination is that address.
 */
import type { Secret } from '@swfx/config';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import axios from 'axios';
import type { BeatDecision } from './decide-beat';
import { heartbeatAlert } from './heartbeat-alert';

export interface BeatsOptions {
  /** Our own intake, and its token. */
  intake: { url: string; token: Secret };
  everySeconds: number;
  environment: string;
  decide: () => BeatDecision;
  logger: Logger;
}

const intakeLimitMs = 5_000;
/** How soon a silence is looked at again. */
const lookMs = 1_000;

/** Starts to beat; what keeps it silent is said once. */
export function startBeats(options: BeatsOptions): { stop(): Promise<void> } {
  const { everySeconds, environment, logger } = options;
  let beaten = -1;
  let silent: string | undefined;
  let beating: Promise<void> = Promise.resolve();

  async function look(): Promise<void> {
    const now = new Date();
    const number = Math.floor(now.getTime() / 1000 / everySeconds);
    if (number === beaten) return;
    const decision = options.decide();
    if (!decision.beat) return say(decision.reason);
    try {
      await post(options.intake, heartbeatAlert({ number, now, environment }));
      beaten = number;
      say(undefined);
    } catch (error) {
      say(errorMessage(error));
    }
  }

  function say(reason: string | undefined): void {
    if (reason && reason !== silent) logger.warn('No heartbeat is sent', { reason });
    if (!reason && silent) logger.info('The heartbeat is back');
    silent = reason;
  }

  const timer = setInterval(() => (beating = beating.then(look)), lookMs);
  return {
    async stop() {
      clearInterval(timer);
      await beating;
    },
  };
}

/** A refusal is an error like any other; it never carries the request, in which the token is. */
async function post({ url, token }: BeatsOptions['intake'], alert: object): Promise<void> {
  const { status } = await axios.post(`${url}/v1/alerts`, alert, {
    headers: { authorization: `Bearer ${token.reveal()}` },
    timeout: intakeLimitMs,
    maxRedirects: 0,
    proxy: false,
    validateStatus: () => true,
  });
  if (status !== 202) throw new Error(`the intake answered ${status}`);
}
