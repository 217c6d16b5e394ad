/**
 * Every audit action: what it is part of, and the fields that its record carries beyond the common ones. Producers
 * get their types from here, and the JSON Schema that is published is made from the same source.
 */
import { z } from 'zod';
import { alertActions } from './alert-actions';
import type { ActionDefinition } from './action-definition';
import { backupActions } from './backup-actions';
import { identityActions } from './identity-actions';
import { keyActions } from './key-actions';
import { operatorActions } from './operator-actions';

export const auditActions = {
  ...identityActions,
  ...keyActions,
  ...backupActions,
  ...alertActions,
  ...operatorActions,
} as const satisfies Record<string, ActionDefinition>;

export type AuditAction = keyof typeof auditActions;
export const outcomes = ['success', 'failure', 'denied'] as const;

/** What a producer says of one event; the trail adds id, time, service and correlation. */
export type AuditEvent = {
  [Action in AuditAction]: {
    action: Action;
    outcome: (typeof outcomes)[number];
    /** Who did it: a pseudonymous id (`user:…`, `operator:…`, `service:…`), or null. */
    actor: string | null;
    /** Whom or what it was done to, as a pseudonymous id, or null. */
    subject: string | null;
    /** What the event is part of: the id of the backup, rotation, login …; every event of one operation shares it. */
    operationId: string;
    fields: z.input<z.ZodObject<(typeof auditActions)[Action]['fields']>>;
  };
}[AuditAction];

const common = {
  id: z.uuid(),
  timestamp: z.iso.datetime(),
  logger: z.literal('audit'),
  service: z.string().min(1),
  env: z.string().min(1),
  trace_id: z.string().min(1),
  outcome: z.enum(outcomes),
  actor: z.string().min(1).nullable(),
  subject: z.string().min(1).nullable(),
  schema_version: z.literal(1),
};

/** The schema of one action's whole record. */
export function recordSchema(action: AuditAction): z.ZodObject {
  const { operation, fields } = auditActions[action];
  return z.strictObject({
    ...common,
    action: z.literal(action),
    operation: z.strictObject({ action: z.literal(operation), id: z.string().min(1) }),
    ...fields,
  });
}

/** The published JSON Schema (2020-12) of every record, one `$defs` entry an action. */
export function auditJsonSchema(): object {
  const actions = Object.keys(auditActions) as AuditAction[];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'SmartWalletFX audit record, version 1',
    oneOf: actions.map((action) => ({ $ref: `#/$defs/${action}` })),
    $defs: Object.fromEntries(
      actions.map((action) => [action, { ...z.toJSONSchema(recordSchema(action)), $schema: undefined }]),
    ),
  };
}
