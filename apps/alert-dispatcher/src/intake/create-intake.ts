import { alertSchema, type Alert } from '@swfx/alerts';
import type { Secret } from '@swfx/config';
import { answerProblems, createExpressApp, parseBody, type Foundation } from '@swfx/service';
import express, { type Express } from 'express';
import { requireToken } from './require-token';

const bodyLimit = '256kb';

/** The intake: `POST /v1/alerts` takes one alert with the bearer token, and answers 202 once `accept` has kept it. */
export function createIntake(options: {
  token: Secret;
  accept: (alert: Alert) => Promise<void>;
  foundation: Pick<Foundation, 'metrics' | 'access' | 'logger'>;
}): Express {
  const app = createExpressApp(options.foundation);
  const readJson = express.json({ limit: bodyLimit, type: () => true });
  app.post('/v1/alerts', requireToken(options.token), readJson, async (request, response) => {
    const alert = parseBody(alertSchema, request);
    await options.accept(alert);
    response.status(202).json({ id: alert.id });
  });
  answerProblems(app, options.foundation.logger);
  return app;
}
