import type { AlertDraft, ResolutionDraft } from '@swfx/alerts';
import type { AuditEvent } from '@swfx/audit';
import type { Manifest } from '../seal/manifest';
import type { CopyFailureReason } from './copy-backup';

interface About {
  id: string;
  database: string;
}

const common = ({ id }: About) => ({
  actor: 'service:backup-service',
  subject: null,
  operationId: id,
});
const fields = ({ id, database }: About) => ({ backup_id: id, database });

/** What the audit trail and people are told of second copies. */
export const copyEvents = {
  copied: (about: About, { dump }: Manifest, copy: { place: string; seconds: number }): AuditEvent => ({
    action: 'db_backup_copied',
    outcome: 'success',
    ...common(about),
    fields: {
      ...fields(about),
      place: copy.place,
      size_bytes: dump.stored_bytes,
      duration_seconds: copy.seconds,
      sha256: dump.stored_sha256,
    },
  }),
  failed: (about: About, copy: { place: string; reason: CopyFailureReason; error: string }): AuditEvent => ({
    action: 'db_backup_copy_failed',
    outcome: 'failure',
    ...common(about),
    fields: { ...fields(about), ...copy },
  }),
  used: (about: About, use: { place: string; error: string; usedFor: 'proof' | 'restore' }): AuditEvent => ({
    action: 'db_backup_copy_used',
    outcome: 'success',
    ...common(about),
    fields: { ...fields(about), place: use.place, error: use.error, used_for: use.usedFor },
  }),
  repaired: (about: About, repair: { place: string; error: string }): AuditEvent => ({
    action: 'db_backup_repaired',
    outcome: 'success',
    ...common(about),
    fields: { ...fields(about), ...repair },
  }),
  behind: (about: About, copy: { place: string; reason: string; error: string }): AlertDraft => ({
    incident: `backup-copy:${about.database}`,
    kind: 'backup_copy_failed',
    severity: 'warning',
    title: 'A backup has no second copy',
    error: copy.error,
    context: { database: about.database, backup_id: about.id, reason: copy.reason, place: copy.place },
  }),
  inStep: ({ database }: About): ResolutionDraft => ({
    incident: `backup-copy:${database}`,
    kind: 'backup_copy_failed',
    title: 'Every backup has its second copy',
    context: { database },
  }),
  lost: (about: About, copy: { place: string; error: string }): AlertDraft => ({
    incident: `backup-first-copy:${about.database}`,
    kind: 'backup_copy_used',
    severity: 'critical',
    title: 'The first copy of a backup is lost',
    error: copy.error,
    context: { database: about.database, backup_id: about.id, place: copy.place },
  }),
};
