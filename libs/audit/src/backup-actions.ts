/** What is audited of backups, their proofs and copies, and of restores. */
import { z } from 'zod';
import { failed, type ActionDefinition } from './action-definition';

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

export const backupActions = {
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
} as const satisfies Record<string, ActionDefinition>;
