import { flag, integer, operationsPort, port, secret, secretUrl, serviceSettings, text } from '@swfx/config';
import { z } from 'zod';

/** The dispatcher's environment variables. */
export const configSchema = z
  .object({
    ...serviceSettings,
    ALERT_INTAKE_TOKEN: secret().describe('Bearer token that whoever posts alerts must show.'),
    HTTP_PORT: port().default(8003).describe('Port of the intake.'),
    HTTP_HOST: text().default('0.0.0.0').describe('Address of the intake.'),
    PROMETHEUS_PORT: operationsPort(9103),
    SLACK_WEBHOOK_URL: secretUrl('https', 'http')
      .optional()
      .describe('Incoming webhook to which alerts are posted.'),
    SLACK_ALERTING_ENABLED: flag()
      .default(false)
      .describe('Off: alerts are accepted and counted, and none is sent.'),
    SLACK_MAX_ALERTS_PER_HOUR: integer(1, 3_600)
      .default(10)
      .describe('Messages in any hour; four of ten are kept for critical alerts.'),
    SLACK_TIMEOUT_SECONDS: integer(1, 60)
      .default(10)
      .describe('Seconds that one call of the webhook may take.'),
    ALERT_REPEAT_SECONDS: integer(0, 86_400)
      .default(900)
      .describe('Seconds in which the same incident, kind and severity is told once.'),
  })
  .refine((config) => !config.SLACK_ALERTING_ENABLED || config.SLACK_WEBHOOK_URL !== undefined, {
    error: 'SLACK_WEBHOOK_URL is required when SLACK_ALERTING_ENABLED is true',
  })
  .refine(
    (config) =>
      config.ENVIRONMENT !== 'production' || !config.SLACK_WEBHOOK_URL?.reveal().startsWith('http:'),
    { error: 'SLACK_WEBHOOK_URL must start with https:// in production' },
  );

export type DispatcherConfig = z.output<typeof configSchema>;
