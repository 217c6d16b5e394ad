/** What a message says, in the order in which it is read; how it is written is up to the destination. */
import { policyOf } from '../decide/alert-policies';
import { formatDuration } from './format-duration';
import { templateOf } from './message-templates';
import type { DigestNotification, IncidentNotification, Notification } from './notification';

export interface MessageLines {
  sign: '🚨' | '✅' | '⌛';
  environment: string;
  title: string;
  /** The second line: `Error: …` of what fires, `Ended: …` of what is over. */
  second: { name: 'Error' | 'Ended'; value: string };
  timestamp: Date;
  fields: [name: string, value: string][];
  links: { label: string; url: string }[];
  /** What to ask for with `swfx alerts explain`. */
  origin: string;
}

/** Where links lead, if anywhere. */
export interface MessageLinks {
  /** The address under which the runbooks are, ending with a slash. */
  runbooks?: string | undefined;
  /** The page of an incident; `{incident}` stands for its id. */
  page?: string | undefined;
}

export function messageLines(notification: Notification, links: MessageLinks): MessageLines {
  if (notification.form === 'digest') return digestLines(notification);
  return notification.act === 'firing'
    ? firingLines(notification, links)
    : endLines(notification, notification.act, links);
}

function pageLinks({ incidentId }: IncidentNotification, { page }: MessageLinks): MessageLines['links'] {
  return page
    ? [{ label: 'Incident', url: page.replaceAll('{incident}', encodeURIComponent(incidentId)) }]
    : [];
}

function isCounted({ kind }: { kind: string }): boolean {
  return policyOf(kind).ends === 'counted';
}

/** How often which service did what, as far as it is known. */
function tallyFields(tally: Record<string, number>): [string, string][] {
  return Object.entries(tally)
    .sort()
    .map(([name, count]) => [name.replace(/ service_(started|stopped)$/, ' $1'), String(count)]);
}

function firingLines(notification: IncidentNotification, links: MessageLinks): MessageLines {
  const { story, lateSeconds } = notification;
  const { alert, reports } = story;
  const { next, runbook } = templateOf(alert.kind);
  const given = alert.context['runbook_url'];
  const page = given ?? (runbook && links.runbooks ? `${links.runbooks}${runbook}.md` : undefined);
  // What an alert brings along is a link only where the configuration knows the address.
  const runbookUrl = links.runbooks === undefined ? undefined : addressUnder(page, links.runbooks);
  return {
    sign: '🚨',
    environment: alert.env,
    title: isCounted(alert) && reports > 1 ? (templateOf(alert.kind).ended ?? alert.title) : alert.title,
    second: { name: 'Error', value: alert.error },
    timestamp: new Date(alert.occurredAt),
    fields: [
      ['Severity', alert.severity],
      ['Service', alert.service],
      ...(lateSeconds > 0
        ? [['Late', `told ${formatDuration(lateSeconds)} after it happened`] as [string, string]]
        : []),
      ...(reports > 1
        ? [['Reported', `${reports} times since ${isoSeconds(story.openedAt)}`] as [string, string]]
        : []),
      ...(isCounted(alert) && reports > 1
        ? tallyFields(story.tally)
        : detailsOf(alert.context, runbookUrl !== undefined)),
      ...(next ? [['Next', next] as [string, string]] : []),
    ],
    links: [
      ...(runbookUrl ? [{ label: 'Runbook', url: runbookUrl }] : []),
      ...pageLinks(notification, links),
    ],
    origin: `Alert ${alert.id} · ${alert.incident}`,
  };
}

/** A runbook that is linked need not be spelt out, nor a rule's expression as an address: `alerts explain` has both. */
function detailsOf(context: Record<string, string>, isLinked: boolean): [string, string][] {
  return Object.entries(context).filter(
    ([name]) => name !== 'query' && !(isLinked && name === 'runbook_url'),
  );
}

function endLines(
  notification: IncidentNotification,
  act: 'resolved' | 'expired',
  links: MessageLinks,
): MessageLines {
  const { story } = notification;
  const { alert, end, endedAt, openedAt, tally } = story;
  const timestamp = endedAt ?? new Date(alert.occurredAt);
  const lasted = formatDuration(Math.max(0, (timestamp.getTime() - openedAt.getTime()) / 1000));
  const origin = `Alert ${alert.id} · ${alert.incident}`;
  const common = { environment: alert.env, timestamp, links: pageLinks(notification, links), origin };
  if (isCounted(alert))
    return {
      ...common,
      sign: '✅',
      title: templateOf(alert.kind).ended ?? alert.title,
      second: { name: 'Ended', value: `${story.reports} in ${lasted}` },
      fields: tallyFields(tally),
    };
  const fields: [string, string][] = [
    ['Severity', alert.severity],
    ['Service', alert.service],
    ['Lasted', lasted],
    ...(story.reports > 1 ? [['Reported', `${story.reports} times`] as [string, string]] : []),
  ];
  if (act === 'resolved') {
    // Of a rule that has ended Alertmanager says again what the rule is about.
    const said = end?.title === alert.title ? undefined : end?.title;
    const how = said ?? templateOf(alert.kind).ended ?? 'It is over';
    return {
      ...common,
      sign: '✅',
      title: `Resolved: ${alert.title}`,
      second: { name: 'Ended', value: how },
      fields,
    };
  }
  const why = `nobody has reported it for its time; whether it is over is not known`;
  return {
    ...common,
    sign: '⌛',
    title: `Expired: ${alert.title}`,
    second: { name: 'Ended', value: why },
    fields,
  };
}

/** A digest names its five most urgent incidents; the others are a command away. */
const named = 5;

function digestLines({ items, environment, now, messageId }: DigestNotification): MessageLines {
  const firing = items.filter(({ act }) => act === 'firing');
  const count = items.length - firing.length;
  const ended = count > 0 ? [`${count} ended`] : [];
  const bySeverity = counted(firing.map(({ severity }) => severity)).map(([name, of]) => `${of} ${name}`);
  const only = firing.length > 0 ? undefined : 'ended';
  return {
    sign: only ? '✅' : '🚨',
    environment,
    title: `${items.length} alerts in one message`,
    second: { name: only ? 'Ended' : 'Error', value: [...bySeverity, ...ended].join(', ') },
    timestamp: now,
    fields: [
      ...counted(items.map(({ service }) => service)).map(
        ([name, of]) => [`Service ${name}`, String(of)] as [string, string],
      ),
      ...items
        .slice(0, named)
        .map(({ act, severity, incident }) => [act, `${incident} (${severity})`] as [string, string]),
      ['List', `npx swfx alerts list --message ${messageId}`],
    ],
    links: [],
    origin: `Message ${messageId}`,
  };
}

function counted(words: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, 20);
}

/** What Slack lets a link be. */
const longestAddress = 3_000;

/** An address that begins with the configured one, as it is written without anything but an address in it. */
function addressUnder(page: string | undefined, base: string): string | undefined {
  if (page === undefined || !URL.canParse(page)) return undefined;
  const { href } = new URL(page);
  return href.startsWith(new URL(base).href) && href.length <= longestAddress ? href : undefined;
}

function isoSeconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
