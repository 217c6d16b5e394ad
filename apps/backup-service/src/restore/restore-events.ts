import type { AlertDraft, ResolutionDraft } from '@swfx/alerts';
import type { AuditEvent } from '@swfx/audit';
import type { RestoreClaim } from '../catalogue/restores';
import type { Manifest } from '../seal/manifest';
import type { TableWrites } from './plan-undo';
import type { RestoreError } from './restore-error';

/** What is told of a restore, whoever carries it out. */
type About = Pick<
  RestoreClaim,
  'id' | 'backupId' | 'database' | 'intoName' | 'liveName' | 'askedBy' | 'step'
>;

const common = (claim: About) => ({
  actor: claim.step === 'drop_kept' ? 'service:backup-service' : claim.askedBy,
  subject: null,
  operationId: claim.id,
});
const fields = (claim: About) => ({
  backup_id: claim.backupId,
  database: claim.database,
  into: claim.intoName ?? claim.liveName ?? claim.database,
});

/** What the audit trail and people are told of a restore. */
export const restoreEvents = {
  started: (claim: About): AuditEvent => ({
    action: 'db_restore_started',
    outcome: 'success',
    ...common(claim),
    fields: fields(claim),
  }),
  succeeded: (claim: About, { dump }: Manifest, seconds: number): AuditEvent => ({
    action: 'db_restore_succeeded',
    outcome: 'success',
    ...common(claim),
    fields: {
      ...fields(claim),
      size_bytes: dump.stored_bytes,
      duration_seconds: seconds,
      sha256: dump.stored_sha256,
    },
  }),
  failed: (claim: About, { reason, message }: RestoreError): AuditEvent => ({
    action: 'db_restore_failed',
    outcome: 'failure',
    ...common(claim),
    fields: { ...fields(claim), error: message, reason },
  }),
  cancelled: (claim: About): AuditEvent => ({
    action: 'db_restore_cancelled',
    outcome: 'success',
    ...common(claim),
    fields: fields(claim),
  }),
  undone: (claim: About, writes: readonly TableWrites[]): AuditEvent => ({
    action: 'db_restore_undone',
    outcome: 'success',
    ...common(claim),
    fields: {
      ...fields(claim),
      rows_left_behind: writes.reduce(
        (sum, table) => sum + table.inserted + table.updated + table.deleted,
        0,
      ),
    },
  }),
  dropped: (claim: About, name: string): AuditEvent => ({
    action: 'db_restore_kept_dropped',
    outcome: 'success',
    ...common(claim),
    fields: { ...fields(claim), dropped: name },
  }),
  alert: (claim: About, { reason, message }: RestoreError): AlertDraft => ({
    incident: `restore:${claim.database}`,
    kind: 'restore_failed',
    severity: 'critical',
    title: claim.step === 'undo' ? 'Undo of a database restore failed' : 'Database restore failed',
    error: message,
    context: { database: claim.database, backup_id: claim.backupId, restore_id: claim.id, reason },
  }),
  recovery: (claim: About): ResolutionDraft => ({
    incident: `restore:${claim.database}`,
    kind: 'restore_failed',
    title: claim.step === 'undo' ? 'Database restore undone' : 'Database restored',
    context: { database: claim.database, backup_id: claim.backupId, restore_id: claim.id },
  }),
};
