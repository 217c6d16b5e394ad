/**
 * The message that people read: the contract's three lines first, exactly, then severity and context. All text is
 * untrusted and travels as `plain_text`, escaped: it cannot mention, link, format, or add a line of its own. Sizes
 * stay inside Block Kit's limits (https://docs.slack.dev/reference/block-kit/blocks), counted in code points:
 * 3,000 a section, ten fields of 2,000, and 50 blocks.
 */
import type { Alert } from '@swfx/alerts';
import type { MessageFormat } from './decide-after-attempt';
import { fitLine } from './fit-line';

interface PlainText {
  type: 'plain_text';
  text: string;
  emoji: false;
}

type Block =
  | { type: 'section'; text: PlainText }
  | { type: 'section'; fields: PlainText[] }
  | { type: 'context'; elements: PlainText[] };

/** The body of a call to an incoming webhook. */
export interface SlackMessage {
  /** What notifications show, and the whole message where blocks are not used. */
  text: string;
  mrkdwn: false;
  parse: 'none';
  link_names: false;
  unfurl_links: false;
  unfurl_media: false;
  blocks?: Block[];
}

const limits = { environment: 250, title: 500, error: 2_000, name: 100, value: 500 } as const;
const fieldsPerSection = 10;
const mostContextFields = 28;

/** Writes an alert as a message. `plain` is for a Slack that refused the blocks. */
export function slackMessage(alert: Alert, format: MessageFormat): SlackMessage {
  const headline = headlineOf(alert);
  const fields = fieldsOf(alert);
  const origin = `Alert ${alert.id} · ${fitLine(alert.incident, limits.value)}`;
  const message: SlackMessage = {
    text: [headline, ...fields, origin].join('\n'),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
  };
  if (format === 'plain') return message;
  return {
    ...message,
    blocks: [
      { type: 'section', text: plainText(headline) },
      ...inGroups(fields, fieldsPerSection).map((group): Block => ({
        type: 'section',
        fields: group.map(plainText),
      })),
      { type: 'context', elements: [plainText(origin)] },
    ],
  };
}

/** The published three lines. */
function headlineOf(alert: Alert): string {
  return [
    `🚨 [${fitLine(alert.env.toUpperCase(), limits.environment)}] ${fitLine(alert.title, limits.title)}`,
    `Error: ${fitLine(alert.error, limits.error)}`,
    `Timestamp: ${new Date(alert.occurredAt).toISOString().slice(0, 19)}Z`,
  ].join('\n');
}

function fieldsOf(alert: Alert): string[] {
  const context = Object.entries(alert.context);
  const shown = context.slice(0, mostContextFields);
  const rest = context.length - shown.length;
  return [
    `Severity: ${alert.severity}`,
    `Service: ${fitLine(alert.service, limits.value)}`,
    ...shown.map(([name, value]) => `${fitLine(name, limits.name)}: ${fitLine(value, limits.value)}`),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
  ];
}

function plainText(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
