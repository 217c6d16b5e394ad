import { json, Secret } from '@swfx/config';
import { z } from 'zod';
import { createGenericWebhook } from './generic-webhook';
import type { MessageLinks } from './message-lines';
import type { Destination } from './notification';
import { createPagerDuty } from './pager-duty';
import type { PlanPolicy } from './plan-sending';
import { createSlackChannel } from './slack-channel';
import { createSlackWebhook } from './slack-webhook';

const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,49}$/, 'must be a word in small letters, such as slack-security');
const secret = z
  .string()
  .min(1)
  .transform((value) => new Secret(value));
const secretUrl = z.url({ protocol: /^https?$/ }).transform((value) => new Secret(value));

/** A destination beside the one of `SLACK_WEBHOOK_URL` or `SLACK_BOT_TOKEN`. */
export const destinationSchema = z.discriminatedUnion('type', [
  z.strictObject({ name, type: z.literal('slack-webhook'), url: secretUrl }),
  z.strictObject({ name, type: z.literal('slack-channel'), token: secret, channel: z.string().min(1) }),
  z.strictObject({
    name,
    type: z.literal('pagerduty'),
    routingKey: secret,
    url: z.url({ protocol: /^https?$/ }).default('https://events.pagerduty.com/v2/enqueue'),
  }),
  z.strictObject({ name, type: z.literal('webhook'), url: secretUrl, token: secret.optional() }),
]);

/** A list of destinations, written as JSON; it holds secrets, so that it is one. */
export const destinationList = () => json(z.array(destinationSchema)).meta({ secret: true });

export type DestinationSettings = z.output<typeof destinationSchema>;

/** A destination, and how many messages it may be sent. */
export interface PlannedDestination {
  destination: Destination;
  policy: PlanPolicy;
}

export interface DestinationOptions {
  timeoutMs: number;
  slackApiUrl: string;
  links: MessageLinks;
  policy: PlanPolicy;
}

/** A machine is no reader: it is told of every incident by itself, as fast as one a second. */
export const machinePolicy: PlanPolicy = {
  maxPerHour: 3_600,
  digestDepth: Infinity,
  digestAgeSeconds: Infinity,
};

export function createDestination(
  settings: DestinationSettings,
  options: DestinationOptions,
): PlannedDestination {
  const { timeoutMs, links, policy, slackApiUrl: apiUrl } = options;
  switch (settings.type) {
    case 'slack-webhook':
      return { destination: createSlackWebhook({ ...settings, timeoutMs, links }), policy };
    case 'slack-channel':
      return { destination: createSlackChannel({ ...settings, apiUrl, timeoutMs, links }), policy };
    case 'pagerduty':
      return { destination: createPagerDuty({ ...settings, timeoutMs }), policy: machinePolicy };
    case 'webhook':
      return {
        destination: createGenericWebhook({ ...settings, token: settings.token, timeoutMs }),
        policy: machinePolicy,
      };
  }
}
