/**
 * How a service raises an alert. The usual way is a row in Postgres; while Postgres is unreachable the alert goes to
 * the dispatcher over HTTP; while that is down too it waits in the local spool, which is drained later. Raising never
 * fails the work that it tells of: what could not be kept anywhere is logged as an error.
 */
import type { Secret } from '@swfx/config';
import type { Pool, Queryable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { currentTrace, redactText, type Logger } from '@swfx/logging';
import { facts, type Facts, type Spool } from '@swfx/messaging';
import axios from 'axios';
import { v7 as uuidv7 } from 'uuid';
import { alertSchema, type Alert, type AlertDraft } from './alert';
import { storeAlert } from './store-alert';

export interface Alerts {
  raise(draft: AlertDraft): Promise<void>;
  /** Raises an alert as part of a transaction: it exists if and only if that commits. */
  raiseIn(db: Queryable, draft: AlertDraft): Promise<void>;
  /** Hands on what the spool holds; stops at the first that cannot be. */
  drain(): Promise<number>;
  spoolDepth(): number;
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

  async function send(alert: Alert): Promise<void> {
    try {
      await storeAlert(pool, alert);
      await options.facts.publish(facts.alertRaised, { alertId: alert.id });
    } catch (error) {
      if (!options.intake) throw error;
      await postAlert(options.intake, alert);
    }
  }

  return {
    async raise(draft) {
      const alert = complete(draft, options);
      try {
        await send(alert);
      } catch (error) {
        logger.warn('An alert waits in the spool', { incident: alert.incident, error: errorMessage(error) });
        await spool.append(alert).catch((full: unknown) => {
          logger.error('An alert could not be kept anywhere', { alert, error: errorMessage(full) });
        });
      }
    },
    raiseIn: (db, draft) => storeAlert(db, complete(draft, options)),
    drain: () => spool.drain((entry) => send(alertSchema.parse(entry))),
    spoolDepth: () => spool.depth(),
  };
}

function complete(draft: AlertDraft, source: { service: string; environment: string }): Alert {
  const id = uuidv7();
  return alertSchema.parse({
    id,
    incident: draft.incident.slice(0, 300),
    kind: draft.kind,
    severity: draft.severity,
    title: redactText(draft.title).slice(0, 500),
    error: redactText(draft.error).slice(0, 100_000),
    context: Object.fromEntries(
      Object.entries(draft.context ?? {}).map(([name, value]) => [name, redactText(value).slice(0, 10_000)]),
    ),
    service: source.service,
    env: source.environment,
    traceId: currentTrace()?.traceId ?? id,
    occurredAt: (draft.occurredAt ?? new Date()).toISOString(),
  });
}

async function postAlert(intake: { url: string; token: Secret }, alert: Alert): Promise<void> {
  await axios.post(new URL('/v1/alerts', intake.url).href, alert, {
    headers: { authorization: `Bearer ${intake.token.reveal()}` },
    timeout: 5_000,
    maxRedirects: 0,
    proxy: false,
  });
}
