import { redactText } from '@swfx/logging';
import { z } from 'zod';

export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** What an alert can be about. */
export const alertKinds = [
  'backup_failed',
  'backup_proof_failed',
  'backup_unusual',
  'backup_retention_stopped',
  'backup_copy_failed',
  'backup_copy_used',
  'restore_failed',
  'rotation_failed',
  'rotation_contended',
  'rotation_waits',
  'key_set_refused',
  'service_started',
  'service_stopped',
  'error_rate_high',
  'suspicious_activity',
  'break_glass_used',
  'destination_rejected',
  'alerts_given_up',
  'postgres_down',
  'redis_down',
  'heartbeat',
  'test',
  'external',
] as const;
export type AlertKind = (typeof alertKinds)[number];

/** How much of each field is kept: generous, since what people read is shortened where it is written. */
export const alertLimits = { line: 300, title: 500, error: 100_000, name: 100, value: 10_000 } as const;

const line = (limit: number) => z.string().min(1).max(limit).transform(storable);
const text = (limit: number) => z.string().max(limit).transform(storable);

/** Whether a time of RFC 3339 is one that Postgres knows, too: in UTC from 1970 to 9999. */
export function isOfOurTime(time: string): boolean {
  return Date.parse(time) >= 0 && Date.parse(time) < Date.UTC(10_000, 0);
}

/** A time of RFC 3339, with its offset, that Postgres can hold. */
export const instantSchema = z.iso
  .datetime({ offset: true })
  .refine(isOfOurTime, { error: 'must be a time from 1970 to 9999' });

const instant = () => instantSchema.transform((time) => new Date(time).toISOString());

/**
 * An alert as it travels and is stored: what happened, to which incident it belongs, when. Whoever reads one through
 * this schema gets text that Postgres can hold and that no longer has what looks like a credential in it.
 */
export const alertSchema = z.object({
  id: z.uuid(),
  /** The stable name of the trouble, such as `backup:platform`: one incident, whoever saw it first. */
  incident: line(alertLimits.line),
  /** `firing`: it is so. `resolved`: it is over. */
  status: z.enum(['firing', 'resolved']).optional(),
  kind: z.enum(alertKinds),
  severity: z.enum(severities),
  /** What happened, in a few words: the first line that people read. */
  title: line(alertLimits.title),
  /** The detailed error message. */
  error: text(alertLimits.error),
  context: z.record(text(alertLimits.name), text(alertLimits.value)).default({}),
  service: line(100),
  env: line(50),
  traceId: line(200),
  occurredAt: instant(),
  /** Who watches the trouble, and so can say that it is over; the service, if not given. */
  source: line(200).optional(),
  /** Until when it holds if nobody repeats it; decided by its kind, if not given. */
  expiresAt: instant().optional(),
  /** The process that raised it, and the how manieth of that process it is: a gap tells that one was lost. */
  producer: z.uuid().optional(),
  sequence: z.int().min(1).optional(),
});

export type Alert = z.output<typeof alertSchema>;

/** What a producer says; the rest is known from where it is said. */
export interface AlertDraft {
  incident: string;
  kind: AlertKind;
  severity: Severity;
  title: string;
  error: string;
  context?: Record<string, string>;
  /** When it happened; now, if not given. */
  occurredAt?: Date;
  watcher?: Watcher;
}

/**
 * Who sees whether the trouble is over. `service`, the default: any replica of it. `process`: each replica only for
 * itself, so that it is over once all that reported it have said so; each repeats its report while it lasts, since one
 * that died says nothing.
 */
export type Watcher = 'service' | 'process';

/** That something is over, as a producer says it. */
export interface ResolutionDraft {
  incident: string;
  kind: AlertKind;
  /** What is well again, such as `Database backup succeeded`. */
  title: string;
  context?: Record<string, string>;
  watcher?: Watcher;
}

/** Postgres holds neither U+0000 nor half a surrogate pair, which hostile or merely cut text contains. */
function storable(value: string): string {
  return redactText(value)
    .replaceAll('\0', '\ufffd')
    .replace(/\p{Surrogate}/gu, '\ufffd');
}
