import { currentTrace } from '@swfx/logging';
import { v7 as uuidv7 } from 'uuid';
import { auditActions, recordSchema, type AuditAction, type AuditEvent } from './events';

/** One audit record, ready to be stored: its parts that are columns, and its compact JSON line. */
export interface AuditRecord {
  id: string;
  timestamp: string;
  service: string;
  action: AuditAction;
  outcome: AuditEvent['outcome'];
  /** Compact JSON without a newline: byte for byte what the file and the table hold. */
  line: string;
}

/** Completes an event to a record: id, time, service, correlation. `sequence` keeps the ids of one millisecond in order. */
export function createRecord(
  event: AuditEvent,
  source: { service: string; environment: string; now: Date; sequence: number },
): AuditRecord {
  const id = uuidv7({ msecs: source.now.getTime(), seq: source.sequence });
  const timestamp = source.now.toISOString();
  const line = JSON.stringify({
    id,
    timestamp,
    logger: 'audit',
    action: event.action,
    operation: { action: auditActions[event.action].operation, id: event.operationId },
    service: source.service,
    env: source.environment,
    trace_id: currentTrace()?.traceId ?? event.operationId,
    outcome: event.outcome,
    actor: event.actor,
    subject: event.subject,
    schema_version: 1,
    ...event.fields,
  });
  return { id, timestamp, service: source.service, action: event.action, outcome: event.outcome, line };
}

/** What does not fit the schema of the record's action, as sentences; empty when it is valid. */
export function recordProblems(record: AuditRecord): string[] {
  const result = recordSchema(record.action).safeParse(JSON.parse(record.line));
  if (result.success) return [];
  return result.error.issues.map((issue) => `${issue.path.join('.') || 'record'}: ${issue.message}`);
}
