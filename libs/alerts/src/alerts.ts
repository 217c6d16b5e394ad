/**
 * How a service raises an alert. The usual way is a row in Postgres; while Postgres is unreachable the alert goes to
 * the dispatcher over HTTP; while that is down too it waits in the local spool, which is drained later. Raising never
 * fails the work that it tells of: what could not be kept anywhere is logged as an error, and its number is missing
 * where the dispatcher counts.
 */
import { randomUUID } from 'node:crypto';
import type { Secret } from '@swfx/config';
import type { Pool, Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { Logger } from '@swfx/logging';
import { facts, type Facts, type Spool } from '@swfx/messaging';
import axios from 'axios';
import { z } from 'zod';
import { alertSchema, type Alert, type AlertDraft, type ResolutionDraft } from './alert';
import { completeAlert, completeResolution, type AlertOrigin } from './complete-alert';
import { storeAlert } from './store-alert';

export interface Alerts {
  /** Raises an alert by whichever way is open; never throws. */
  raise(draft: AlertDraft): Promise<void>;
  /** Raises an alert as part of a transaction: it exists if and only if that commits. Returns its id. */
  raiseIn(db: Queryable, draft: AlertDraft): Promise<string>;
  /**
   * Says that an incident is over, by whichever way is open; never throws. To be called after every success: whether
   * there was trouble, perhaps seen by another replica, is known to the dispatcher alone.
   */
  resolve(draft: ResolutionDraft): Promise<void>;
  /** Hands on what the spool holds; stops at the first that cannot be. */
  drain(): Promise<number>;
  spoolDepth(): number;
  /** Seconds for which the oldest alert in the spool has waited; 0 when there is none. */
  spoolAgeSeconds(): number;
}

export interface AlertsOptions {
  pool: Pool;
  facts: Facts;
  spool: Spool;
  /** The dispatcher's intake, for the time when Postgres is down. */
  intake: { url: string; token: Secret } | undefined;
  service: string;
  environment: string;
  logger: Logger;
}

export function createAlerts(options: AlertsOptions): Alerts {
  const { pool, spool, logger } = options;
  const producer = randomUUID();
  let sequence = 0;

  async function send(alert: Alert): Promise<void> {
    try {
      await storeAlert(pool, alert);
    } catch (error) {
      if (!options.intake) throw error;
      return postAlert(options.intake, alert);
    }
    await options.facts.publish(facts.alertRaised, { alertId: alert.id });
  }

  async function sendOrSpool(alert: Alert): Promise<void> {
    try {
      await send(alert);
    } catch (error) {
      await spool.append(alert);
      logger.warn('An alert waits in the spool', { incident: alert.incident, error: errorMessage(error) });
    }
  }

  async function keep(draft: object, complete: (origin: AlertOrigin) => Alert): Promise<void> {
    try {
      await sendOrSpool(complete({ ...options, producer, sequence: ++sequence }));
    } catch (error) {
      logger.error('An alert could not be kept anywhere', { alert: draft, error: errorMessage(error) });
    }
  }

  return {
    raise: (draft) => keep(draft, (origin) => completeAlert(draft, origin)),
    async raiseIn(db, draft) {
      const alert = completeAlert(draft, { ...options, producer });
      await storeAlert(db, alert);
      return alert.id;
    },
    resolve: (draft) => keep(draft, (origin) => completeResolution(draft, origin)),
    async drain() {
      // What does not fit the schema never will; whatever else keeps an alert here passes.
      const willPass = (error: unknown) => !(error instanceof z.ZodError);
      const { taken, parked } = await spool.drain((entry) => send(alertSchema.parse(entry)), willPass);
      for (const each of parked) logger.error('A spooled alert was refused and put aside', each);
      return taken;
    },
    spoolDepth: () => spool.depth(),
    spoolAgeSeconds: () => spool.oldestAgeSeconds(),
  };
}

/** A refusal is an error like any other; it never carries the request, in which the token is. */
async function postAlert(intake: { url: string; token: Secret }, alert: Alert): Promise<void> {
  const { status } = await axios.post(new URL('/v1/alerts', intake.url).href, alert, {
    headers: { authorization: `Bearer ${intake.token.reveal()}` },
    timeout: 5_000,
    maxRedirects: 0,
    proxy: false,
    validateStatus: () => true,
  });
  if (status !== 202) throw new Error(`the alert dispatcher answered ${status}`);
}
