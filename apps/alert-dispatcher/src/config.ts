import {
  flag,
  integer,
  json,
  operationsPort,
  port,
  secret,
  secretUrl,
  serviceSettings,
  text,
  url,
} from '@swfx/config';
import { z } from 'zod';
import { routeSchema } from './decide/routes';
import { heartbeatDestination } from './heartbeat/heartbeat-alert';
import { destinationList, type DestinationSettings } from './deliver/create-destinations';

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
    SLACK_BOT_TOKEN: secret()
      .optional()
      .describe('Bot token with `chat:write`, in place of a webhook: ends edit the message that they end.'),
    SLACK_CHANNEL: text().optional().describe('Channel that the bot posts to; needed with SLACK_BOT_TOKEN.'),
    SLACK_API_URL: url('https', 'http')
      .default('https://slack.com/api')
      .describe('Where Slack’s Web API is; to be changed only for a proxy or a test.'),
    SLACK_ALERTING_ENABLED: flag()
      .default(false)
      .describe('Off: alerts are accepted and counted, and none is sent.'),
    SLACK_MAX_ALERTS_PER_HOUR: integer(1, 3_600)
      .default(10)
      .describe(
        'Messages in any hour; four of ten are kept for what is critical and for the end of anything.',
      ),
    SLACK_TIMEOUT_SECONDS: integer(1, 60)
      .default(10)
      .describe('Seconds that one call of a destination may take.'),
    ALERT_REPEAT_SECONDS: integer(0, 86_400)
      .default(3_600)
      .describe('An incident that goes on is told again by the first report after so many seconds.'),
    ALERT_EXPIRE_SECONDS: integer(60, 2_592_000)
      .default(90_000)
      .describe(
        'An incident that nobody reports for so many seconds ends as expired; longer than a day by default, for what is tried daily.',
      ),
    ALERT_TTL_SECONDS: integer(60, 604_800)
      .default(21_600)
      .describe('News that could not be told in so many seconds is given up, listed and summarised.'),
    ALERT_DIGEST_DEPTH: integer(1, 1_000)
      .default(10)
      .describe('When more than so many incidents wait, one message tells of all.'),
    ALERT_DIGEST_AGE_SECONDS: integer(1, 86_400)
      .default(900)
      .describe('When one has waited for more than so many seconds, one message tells of all that wait.'),
    ALERT_DESTINATIONS: destinationList()
      .optional()
      .describe(
        'Further destinations: `[{"name":"oncall","type":"pagerduty","routingKey":"…"}]`; types `slack-webhook` (`url`), `slack-channel` (`token`, `channel`), `pagerduty` (`routingKey`), `webhook` (`url`, `token`).',
      ),
    ALERT_ROUTES: json(z.array(routeSchema))
      .default([])
      .describe(
        'Who is told what: `[{"match":{"severity":["critical"]},"to":["slack","oncall"],"afterSeconds":900}]`; every route that matches counts, and what none matches goes to the first destination.',
      ),
    ALERT_FALLBACK_DESTINATION: text()
      .optional()
      .describe('The destination that is told when another refuses everything.'),
    ALERT_HEARTBEAT_URL: secretUrl('https', 'http')
      .optional()
      .describe(
        'Address outside that is called, by POST, after a synthetic alert has gone the whole way; it is to raise the alarm when the calls stop.',
      ),
    ALERT_HEARTBEAT_SECONDS: integer(1, 300)
      .default(300)
      .describe('Seconds between two heartbeats; after 15 minutes without one there is an alert, too.'),
    ALERT_PAGE_URL: url('https', 'http')
      .optional()
      .describe(
        'The address of the page of an incident, to which its messages link; `{incident}` in it stands for the incident’s id.',
      ),
    ALERT_RUNBOOK_URL: url('https', 'http')
      .optional()
      .describe('The address under which the runbooks are, ending with a slash; messages link to no other.'),
  })
  .refine(
    (config) =>
      !config.SLACK_ALERTING_ENABLED ||
      config.SLACK_WEBHOOK_URL !== undefined ||
      config.SLACK_BOT_TOKEN !== undefined,
    {
      error: 'SLACK_WEBHOOK_URL is required when SLACK_ALERTING_ENABLED is true (or SLACK_BOT_TOKEN)',
    },
  )
  .refine((config) => config.SLACK_BOT_TOKEN === undefined || config.SLACK_CHANNEL !== undefined, {
    error: 'SLACK_CHANNEL is required with SLACK_BOT_TOKEN',
  })
  .refine(
    (config) =>
      config.ENVIRONMENT !== 'production' || !config.SLACK_WEBHOOK_URL?.reveal().startsWith('http:'),
    { error: 'SLACK_WEBHOOK_URL must start with https:// in production' },
  )
  .refine(({ ALERT_RUNBOOK_URL: base }) => base === undefined || base.endsWith('/'), {
    error: 'ALERT_RUNBOOK_URL must end with a slash',
  })
  .superRefine((config, context) => {
    const names = destinationNames(config);
    const problem = (message: string) => context.addIssue({ code: 'custom', message });
    if (new Set(names).size < names.length || names.includes(heartbeatDestination))
      problem('ALERT_DESTINATIONS must give each destination its own name; slack and heartbeat are taken');
    const wanted = config.ALERT_ROUTES.flatMap(({ to }) => to);
    for (const name of new Set(wanted))
      if (!names.includes(name)) problem(`ALERT_ROUTES names the destination ${name}, which there is not`);
    for (const { afterSeconds = 0 } of config.ALERT_ROUTES)
      if (afterSeconds >= config.ALERT_TTL_SECONDS)
        problem(`ALERT_ROUTES waits ${afterSeconds} s, and ALERT_TTL_SECONDS gives up what is so old`);
    const fallback = config.ALERT_FALLBACK_DESTINATION;
    if (fallback !== undefined && !names.includes(fallback))
      problem(`ALERT_FALLBACK_DESTINATION names ${fallback}, which there is not`);
  });

export type DispatcherConfig = z.output<typeof configSchema>;

/** The names of all destinations that the configuration knows, the default first, whether or not alerting is on. */
export function destinationNames(config: {
  ALERT_DESTINATIONS?: DestinationSettings[] | undefined;
}): string[] {
  return ['slack', ...(config.ALERT_DESTINATIONS ?? []).map(({ name }) => name)];
}

/** The destinations that are served: none while alerting is off. */
export function destinationsOf(config: DispatcherConfig): DestinationSettings[] {
  if (!config.SLACK_ALERTING_ENABLED) return [];
  const { SLACK_BOT_TOKEN: token, SLACK_CHANNEL: channel, SLACK_WEBHOOK_URL: webhook } = config;
  const further = config.ALERT_DESTINATIONS ?? [];
  if (token && channel) return [{ name: 'slack', type: 'slack-channel', token, channel }, ...further];
  return webhook ? [{ name: 'slack', type: 'slack-webhook', url: webhook }, ...further] : further;
}
