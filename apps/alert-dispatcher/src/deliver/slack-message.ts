/**
 * The message that people read: the contract's three lines first, exactly, then severity and context. All text is
 * untrusted and travels as `plain_text`, escaped: it cannot mention, link, format, or add a line of its own. Sizes
 * stay inside Block Kit's limits (https://docs.slack.dev/reference/block-kit/blocks), counted in code points:
 * 3,000 a section, ten fields of 2,000, and 50 blocks.
 */
import { fitLine } from './fit-line';
import { messageLines, type MessageLines, type MessageLinks } from './message-lines';
import type { Notification } from './notification';

interface PlainText {
  type: 'plain_text';
  text: string;
  emoji: false;
}

type Block =
  | { type: 'section'; text: PlainText }
  | { type: 'section'; fields: PlainText[] }
  | { type: 'context'; elements: PlainText[] }
  | { type: 'actions'; elements: { type: 'button'; text: PlainText; url: string }[] };

/** The body of a call to an incoming webhook, and the content of one to the Web API. */
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
const mostFields = 30;

/** Writes a notification as a message. `plain` is for a Slack that refused the blocks. */
export function slackMessage(
  notification: Notification,
  format: 'blocks' | 'plain',
  links: MessageLinks = {},
): SlackMessage {
  const lines = messageLines(notification, links);
  const headline = headlineOf(lines);
  const fields = fieldsOf(lines);
  const origin = fitLine(lines.origin, limits.value);
  const message: SlackMessage = {
    text: [headline, ...fields, ...lines.links.map(({ label, url }) => `${label}: ${url}`), origin].join(
      '\n',
    ),
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
      ...buttonsOf(lines),
      { type: 'context', elements: [plainText(origin)] },
    ],
  };
}

/** The published three lines. */
function headlineOf({ sign, environment, title, second, timestamp }: MessageLines): string {
  return [
    `${sign} [${fitLine(environment.toUpperCase(), limits.environment)}] ${fitLine(title, limits.title)}`,
    `${second.name}: ${fitLine(second.value, limits.error)}`,
    `Timestamp: ${timestamp.toISOString().slice(0, 19)}Z`,
  ].join('\n');
}

function fieldsOf({ fields }: MessageLines): string[] {
  const shown = fields.slice(0, mostFields);
  const rest = fields.length - shown.length;
  return [
    ...shown.map(([name, value]) => `${fitLine(name, limits.name)}: ${fitLine(value, limits.value)}`),
    ...(rest > 0 ? [`… and ${rest} more`] : []),
  ];
}

/** The only links there are: to addresses that the configuration begins. */
function buttonsOf({ links }: MessageLines): Block[] {
  if (links.length === 0) return [];
  const elements = links.map(({ label, url }) => ({ type: 'button' as const, text: plainText(label), url }));
  return [{ type: 'actions', elements }];
}

function plainText(text: string): PlainText {
  return { type: 'plain_text', text, emoji: false };
}

function inGroups<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
