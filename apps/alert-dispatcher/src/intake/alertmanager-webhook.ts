/**
 * Alertmanager's webhook, version 4 (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config), read
 * as a report of states: the same state posted again, by a repetition or by the other of two Alertmanagers, is the
 * same alert. An alert's id is made of its group, its fingerprint, its beginning and its state, so that Postgres keeps
 * it once.
 */
import {
  alertLimits,
  alertSchema,
  instantSchema,
  isOfOurTime,
  severities,
  type Alert,
  type Severity,
} from '@swfx/alerts';
import { z } from 'zod';
import { uuidOf } from '../uuid-of';

const labels = z.record(z.string(), z.string());

/** One alert of a group. */
const memberSchema = z.object({
  status: z.enum(['firing', 'resolved']),
  labels,
  annotations: labels.default({}),
  startsAt: instantSchema,
  /** In the past or in year 1 while it fires: Alertmanager does not say then when it will end. Not of our time: not read. */
  endsAt: z.iso.datetime({ offset: true }).optional(),
  generatorURL: z.string().optional(),
  fingerprint: z.string().min(1).max(100),
});

/** The body of the webhook. Fields that are not named here are allowed and not read. */
export const alertmanagerWebhookSchema = z.object({
  version: z.literal('4'),
  groupKey: z.string().min(1),
  status: z.enum(['firing', 'resolved']).optional(),
  receiver: z.string().optional(),
  truncatedAlerts: z.int().min(0).optional(),
  groupLabels: labels.optional(),
  commonLabels: labels.optional(),
  commonAnnotations: labels.optional(),
  externalURL: z.string().optional(),
  alerts: z.array(memberSchema).max(10_000),
});

export type AlertmanagerWebhook = z.output<typeof alertmanagerWebhookSchema>;
type Member = z.output<typeof memberSchema>;

/**
 * The webhook's alerts as ours. Which incident one tells of is its label or annotation `incident`, by which a rule joins
 * what a service reports; without it, its name and fingerprint.
 */
export function alertsOfWebhook(webhook: AlertmanagerWebhook, env: string): Alert[] {
  // They tell of one moment: what fires now comes first, so that an incident of several goes on and does not end between.
  const firing = webhook.alerts.filter(({ status }) => status === 'firing');
  const ended = webhook.alerts.filter(({ status }) => status === 'resolved');
  return [...firing, ...ended].map((member) => alertOf(webhook.groupKey, member, env));
}

function alertOf(groupKey: string, member: Member, env: string): Alert {
  const { status, labels, annotations, startsAt, fingerprint } = member;
  const endsAt = member.endsAt !== undefined && isOfOurTime(member.endsAt) ? member.endsAt : undefined;
  const name = labels['alertname'] || 'alert';
  const id = uuidOf('alert', groupKey, fingerprint, startsAt, status);
  const text = (value: string | undefined, limit: number) => value?.slice(0, limit);
  const isResolved = status === 'resolved';
  return alertSchema.parse({
    id,
    incident:
      text(annotations['incident'] || labels['incident'], alertLimits.line) ||
      `${name}:${fingerprint}`.slice(0, alertLimits.line),
    status,
    kind: 'external',
    severity: severityOf(labels['severity']),
    title: text(annotations['summary'] || name, alertLimits.title),
    error: text(annotations['description'] ?? annotations['message'] ?? '', alertLimits.error),
    context: contextOf(member),
    service: text(labels['service'] || labels['job'] || 'prometheus', 100),
    env: text(labels['env'] || env, 50),
    traceId: id,
    occurredAt: isResolved && endsAt ? endsAt : startsAt,
    source: `alertmanager:${fingerprint}`,
    ...(!isResolved && endsAt && new Date(endsAt) > new Date(startsAt) ? { expiresAt: endsAt } : {}),
    // A rule that fires late must not reopen what it has resolved: both are numbered by the beginning of the episode.
    producer: uuidOf('producer', fingerprint),
    sequence: Math.max(1, new Date(startsAt).getTime()),
  });
}

/** Labels, and annotations but for those that have a place of their own. */
function contextOf({ labels, annotations, generatorURL }: Member): Record<string, string> {
  const placed = new Set(['severity', 'service', 'env', 'incident', 'summary', 'description', 'message']);
  const entries = Object.entries({ ...labels, ...annotations }).filter(([name]) => !placed.has(name));
  const all = generatorURL ? [...entries, ['query', generatorURL] as const] : entries;
  return Object.fromEntries(
    all.map(([name, value]) => [name.slice(0, alertLimits.name), value.slice(0, alertLimits.value)]),
  );
}

/** What Prometheus people call a page is critical to us; what they do not name is a warning. */
function severityOf(label: string | undefined): Severity {
  const known = severities.find((severity) => severity === label?.toLowerCase());
  if (known) return known;
  return label !== undefined && /^(page|error|high|emergency|fatal)$/i.test(label) ? 'critical' : 'warning';
}
