import { alertSchema, type Alert } from '@swfx/alerts';
import type { Secret } from '@swfx/config';
import { answerProblems, createExpressApp, parseBody, type Foundation } from '@swfx/service';
import express, { type Express } from 'express';
import { z } from 'zod';
import { alertmanagerWebhookSchema, alertsOfWebhook } from './alertmanager-webhook';
import { requireToken } from './require-token';

const bodyLimit = '2mb';
/** A group of Alertmanager's may be large, and is lost to us if we refuse it. */
const groupLimit = '8mb';

/** Several alerts at once: all of them are kept, or none. */
const alertList = z.array(alertSchema).min(1).max(1_000);

/**
 * The intake, with the bearer token: `POST /v1/alerts` takes one alert, or a list of them, and answers 202 once all
 * are kept; `POST /v1/alertmanager` takes Alertmanager's webhook and answers 200 once all of it is. `accept` throws
 * where alerts cannot be kept, which is answered with 503, so that the sender tries again.
 */
export function createIntake(options: {
  token: Secret;
  environment: string;
  accept: (alerts: readonly Alert[]) => Promise<void>;
  foundation: Pick<Foundation, 'metrics' | 'access' | 'logger'>;
}): Express {
  const app = createExpressApp(options.foundation);
  const allowed = requireToken(options.token);
  const readJson = (limit: string) => express.json({ limit, type: () => true });
  app.post('/v1/alerts', allowed, readJson(bodyLimit), async (request, response) => {
    if (Array.isArray(request.body)) {
      const list = parseBody(alertList, request);
      await options.accept(list);
      return void response.status(202).json({ ids: list.map(({ id }) => id) });
    }
    const alert = parseBody(alertSchema, request);
    await options.accept([alert]);
    response.status(202).json({ id: alert.id });
  });
  app.post('/v1/alertmanager', allowed, readJson(groupLimit), async (request, response) => {
    const webhook = parseBody(alertmanagerWebhookSchema, request);
    if (webhook.truncatedAlerts)
      options.foundation.logger.warn('Alertmanager left alerts out: set max_alerts to 0', {
        groupKey: webhook.groupKey,
        truncated: webhook.truncatedAlerts,
      });
    const alerts = alertsOfWebhook(webhook, options.environment);
    await options.accept(alerts);
    response.status(200).json({ accepted: alerts.length });
  });
  answerProblems(app, options.foundation.logger);
  return app;
}
