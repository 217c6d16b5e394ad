import { z } from 'zod';

export const severities = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof severities)[number];

/** What an alert can be about. */
export const alertKinds = [
  'backup_failed',
  'backup_proof_failed',
  'rotation_failed',
  'rotation_contended',
  'service_started',
  'service_stopped',
  'error_rate_high',
  'test',
  'external',
] as const;
export type AlertKind = (typeof alertKinds)[number];

const oneLine = (limit: number) => z.string().min(1).max(limit);

/**
 * An alert as it travels and is stored: what happened, to which incident it belongs, when. Lengths are generous
 * limits on hostile input; the message to people is shortened where it is written.
 */
export const alertSchema = z.object({
  id: z.uuid(),
  /** The stable name of the trouble, such as `backup:platform`: one incident, whoever saw it first. */
  incident: oneLine(300),
  kind: z.enum(alertKinds),
  severity: z.enum(severities),
  /** What happened, in a few words: the first line that people read. */
  title: oneLine(500),
  /** The detailed error message. */
  error: z.string().max(100_000),
  context: z.record(z.string().max(100), z.string().max(10_000)).default({}),
  service: oneLine(100),
  env: oneLine(50),
  traceId: oneLine(200),
  occurredAt: z.iso.datetime({ offset: true }),
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
}
