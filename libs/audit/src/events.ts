/**
 * Every audit action: what it is part of, and the fields that its record carries beyond the common ones. Producers
 * get their types from here, and the JSON Schema that is published is made from the same source.
 */
import { z } from 'zod';

const reasonOf = <const Reasons extends readonly [string, ...string[]]>(...reasons: Reasons) =>
  z.enum(reasons);
const failed = { error: z.string().min(1) };
const none = {};

const backup = { backup_id: z.string(), database: z.string() };
const backupResult = {
  size_bytes: z.number().nonnegative(),
  duration_seconds: z.number().nonnegative(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
};

/** Why a backup attempt failed. */
export const backupFailureReasons = [
  'cannot_connect',
  'dump_failed',
  'storage_failed',
  'interrupted',
  'timeout',
  'client_missing',
  'internal',
] as const;
/** Why a proof failed. */
export const proofFailureReasons = ['content_differs', 'corrupt', 'cannot_verify_here', 'internal'] as const;
/** Why a backup was not copied to the second storage. */
export const copyFailureReasons = [
  'storage_failed',
  'source_damaged',
  'copy_differs',
  'timeout',
  'internal',
] as const;
/** Why a restore failed. */
export const restoreFailureReasons = [
  'refused',
  'cannot_connect',
  'restore_failed',
  'content_differs',
  'corrupt',
  'storage_failed',
  'client_missing',
  'timeout',
  'interrupted',
  'internal',
] as const;
/** Why a rotation attempt failed. */
export const rotationFailureReasons = [
  'database_unavailable',
  'seal_failed',
  'empty_set',
  'forged_set',
  'simulated',
  'internal',
] as const;
/** Why a verifier does not believe a key set. */
export const keySetRefusalReasons = [
  'unsigned',
  'unknown_signer',
  'bad_signature',
  'older_epoch',
  'empty',
] as const;
/** Why a login was refused. */
export const loginFailureReasons = ['unknown_user', 'wrong_password', 'disabled'] as const;
/** Why a refresh token was not exchanged. */
export const refreshFailureReasons = ['unknown', 'expired', 'ended', 'disabled', 'reused'] as const;
/** What a pattern of requests can look like. */
export const suspiciousPatterns = [
  'credential_stuffing',
  'refresh_reuse',
  'signature_failures',
  'unknown_kids',
] as const;

interface ActionDefinition {
  operation: string;
  fields: z.ZodRawShape;
}

export const auditActions = {
  user_login_success: { operation: 'user_login', fields: none },
  user_login_failed: { operation: 'user_login', fields: { reason: z.enum(loginFailureReasons), ...failed } },
  user_logged_out: { operation: 'user_logout', fields: { family_id: z.string() } },
  login_locked_out: {
    operation: 'user_login',
    fields: {
      // Whether the account or the address it came from has to wait.
      scope: z.enum(['account', 'address']),
      source: z.string(),
      locked_seconds: z.number().int().positive(),
    },
  },
  token_refresh_success: {
    operation: 'token_refresh',
    // A repeat got the same successor once more.
    fields: { family_id: z.string(), repeat: z.boolean() },
  },
  token_refresh_failed: {
    operation: 'token_refresh',
    fields: {
      reason: z.enum(refreshFailureReasons),
      ...failed,
      family_id: z.string().optional(),
      // Refused tokens are counted, for each source, session and minute; a stolen one is told of by itself.
      source: z.string().optional(),
      count: z.number().int().positive().optional(),
      minute: z.string().optional(),
    },
  },
  user_created: {
    operation: 'user_created',
    fields: { roles: z.array(z.string()), scopes: z.array(z.string()) },
  },
  user_disabled: { operation: 'user_changed', fields: { sessions_ended: z.number().int() } },
  user_enabled: { operation: 'user_changed', fields: none },
  user_rights_changed: {
    operation: 'user_changed',
    fields: {
      roles: z.array(z.string()),
      scopes: z.array(z.string()),
      previous_roles: z.array(z.string()),
      previous_scopes: z.array(z.string()),
    },
  },
  user_password_changed: { operation: 'user_changed', fields: { sessions_ended: z.number().int() } },
  // Once for each emergency token and gateway.
  break_glass_used: {
    operation: 'break_glass',
    fields: { source: z.string(), scopes: z.array(z.string()), expires_at: z.iso.datetime() },
  },
  suspicious_activity_detected: {
    operation: 'suspicious_activity',
    fields: {
      pattern: z.enum(suspiciousPatterns),
      source: z.string(),
      count: z.number().int().positive(),
      window_seconds: z.number().int(),
    },
  },
  token_refused: {
    operation: 'token_refused',
    fields: {
      reason: z.string(),
      source: z.string(),
      count: z.number().int().positive(),
      minute: z.string(),
    },
  },

  jwt_key_rotated: {
    operation: 'jwt_key_rotation',
    fields: { kid: z.string(), previous_kid: z.string().nullable(), epoch: z.number().int() },
  },
  jwt_key_published: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_retired: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_revoked: { operation: 'jwt_key_rotation', fields: { kid: z.string(), epoch: z.number().int() } },
  jwt_key_rolled_back: {
    operation: 'jwt_key_rotation',
    fields: { kid: z.string(), previous_kid: z.string().nullable(), epoch: z.number().int() },
  },
  jwt_keys_rewrapped: {
    operation: 'jwt_key_rotation',
    fields: { keys: z.number().int(), kek_id: z.string(), epoch: z.number().int() },
  },
  /** An operator made the rows of the database the set that holds, although they were unsigned, or older than another. */
  jwt_key_set_adopted: {
    operation: 'jwt_key_rotation',
    fields: { epoch: z.number().int(), previous_epoch: z.number().int(), keys: z.number().int() },
  },
  /** A verifier was given a set that it does not believe, and keeps the one that it has. */
  jwt_key_set_refused: {
    operation: 'jwt_key_set',
    fields: { reason: z.enum(keySetRefusalReasons), epoch: z.number().int(), held_epoch: z.number().int() },
  },
  jwt_key_rotation_failed: {
    operation: 'jwt_key_rotation',
    fields: { ...failed, reason: z.enum(rotationFailureReasons) },
  },

  db_backup_started: { operation: 'db_backup', fields: { ...backup } },
  db_backup_succeeded: { operation: 'db_backup', fields: { ...backup, ...backupResult } },
  db_backup_failed: {
    operation: 'db_backup',
    fields: { ...backup, ...failed, reason: z.enum(backupFailureReasons) },
  },
  db_backup_proven: {
    operation: 'db_backup',
    fields: {
      ...backup,
      // How much was compared: `rows` is tables and row counts, `full` every value and all that is defined.
      level: z.enum(['rows', 'full']),
      tables: z.number().int(),
      rows: z.number(),
      duration_seconds: z.number(),
    },
  },
  // No service is configured with it any more: its schedule has ended, its backups stay.
  backup_target_removed: { operation: 'backup_target', fields: { database: z.string() } },
  db_backup_cancelled: { operation: 'db_backup', fields: { ...backup } },
  // A backup that the storage has and the catalogue had not: the ops database is new, or an older one.
  db_backup_catalogued: { operation: 'db_backup', fields: { ...backup } },
  // The second copy, in the storage of that place: read back, and the same bytes.
  db_backup_copied: {
    operation: 'db_backup',
    fields: { ...backup, ...backupResult, place: z.string() },
  },
  db_backup_copy_failed: {
    operation: 'db_backup',
    fields: { ...backup, ...failed, reason: z.enum(copyFailureReasons), place: z.string() },
  },
  // The first copy was missing or damaged, for the reason in `error`, and the one at `place` was read instead.
  db_backup_copy_used: {
    operation: 'db_backup',
    fields: { ...backup, ...failed, used_for: z.enum(['proof', 'restore']), place: z.string() },
  },
  // The first copy was written anew from the second.
  db_backup_repaired: {
    operation: 'db_backup',
    fields: { ...backup, ...failed, place: z.string() },
  },
  backup_deleted: {
    operation: 'db_backup',
    // Why it was not kept, in the words of the retention plan.
    fields: {
      ...backup,
      reason: z.string(),
      taken_at: z.iso.datetime(),
      size_bytes: z.number().nonnegative(),
    },
  },
  // The keys were rotated: its manifest is wrapped and signed with others, its dump is as it was.
  db_backup_rewrapped: {
    operation: 'db_backup',
    fields: {
      ...backup,
      encryption_key_id: z.string().nullable(),
      signing_key_id: z.string().nullable(),
    },
  },
  db_backup_proof_failed: {
    operation: 'db_backup',
    fields: { ...backup, ...failed, reason: z.enum(proofFailureReasons) },
  },

  // `into` is the database that the restore makes, as its server calls it.
  db_restore_started: { operation: 'db_restore', fields: { ...backup, into: z.string() } },
  db_restore_succeeded: {
    operation: 'db_restore',
    fields: { ...backup, into: z.string(), ...backupResult },
  },
  db_restore_failed: {
    operation: 'db_restore',
    fields: { ...backup, into: z.string(), ...failed, reason: z.enum(restoreFailureReasons) },
  },
  db_restore_cancelled: { operation: 'db_restore', fields: { ...backup, into: z.string() } },
  db_restore_undone: {
    operation: 'db_restore',
    fields: { ...backup, into: z.string(), rows_left_behind: z.number().nonnegative() },
  },
  db_restore_kept_dropped: {
    operation: 'db_restore',
    fields: { ...backup, into: z.string(), dropped: z.string() },
  },

  // The ops database itself was restored: a new key signs, every session has ended, and what was lost is between the
  // time of the backup and now. `last_record` is the newest audit record that the backup held.
  ops_database_recovered: {
    operation: 'ops_recovery',
    fields: {
      ...backup,
      taken_at: z.iso.datetime(),
      epoch: z.number().int(),
      keys_revoked: z.number().int(),
      sessions_ended: z.number().int(),
      users_disabled: z.number().int(),
      audit_records_entered: z.number().int(),
      last_record: z.string().nullable(),
    },
  },

  alert_test_requested: { operation: 'alert_test', fields: { alert_id: z.string() } },
  alert_acknowledged: { operation: 'alert_acknowledged', fields: { incident_id: z.string() } },
  alerts_replayed: {
    operation: 'alerts_replayed',
    // Null: all that were given up.
    fields: { incident_id: z.string().nullable(), count: z.number().int().positive() },
  },
  alerts_muted: {
    operation: 'alerts_muted',
    fields: { mute_id: z.string(), duration_seconds: z.number().int().positive(), comment: z.string() },
  },
  alerts_unmuted: { operation: 'alerts_muted', fields: { mute_id: z.string() } },
  admin_endpoint_accessed: {
    operation: 'admin_endpoint',
    fields: { method: z.string(), endpoint: z.string(), status: z.number().int() },
  },
  sensitive_operation_performed: {
    operation: 'sensitive_operation',
    fields: { command: z.string(), reason: reasonOf('operator_request') },
  },
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
