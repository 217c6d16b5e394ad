import type { AlertDraft, ResolutionDraft } from '@swfx/alerts';
import type { AuditEvent } from '@swfx/audit';
import type { Claim } from '../catalogue/backup-runs';
import { durationSeconds } from '../catalogue/backups';
import type { Manifest } from '../seal/manifest';
import type { AttemptFailure } from './decide-after-failure';

type About = Pick<Claim, 'id' | 'database' | 'attempt'>;

const common = (about: About) => ({
  actor: 'service:backup-service',
  subject: null,
  operationId: about.id,
});
const fields = (about: About) => ({ backup_id: about.id, database: about.database });

/** What the audit trail and people are told of a backup. */
export const backupEvents = {
  started: (about: About): AuditEvent => ({
    action: 'db_backup_started',
    outcome: 'success',
    ...common(about),
    fields: fields(about),
  }),
  succeeded: (about: About, manifest: Manifest): AuditEvent => ({
    action: 'db_backup_succeeded',
    outcome: 'success',
    ...common(about),
    fields: {
      ...fields(about),
      size_bytes: manifest.dump.stored_bytes,
      duration_seconds: durationSeconds(manifest),
      sha256: manifest.dump.stored_sha256,
    },
  }),
  failed: (about: About, failure: Pick<AttemptFailure, 'reason' | 'error'>): AuditEvent => ({
    action: 'db_backup_failed',
    outcome: 'failure',
    ...common(about),
    fields: { ...fields(about), error: failure.error, reason: failure.reason },
  }),
  unusual: (about: About, anomalies: readonly string[]): AlertDraft => ({
    incident: `backup-unusual:${about.database}`,
    kind: 'backup_unusual',
    severity: 'warning',
    title: 'Database backup is unlike the last ones',
    error: anomalies.slice(0, 10).join('; '),
    context: { database: about.database, backup_id: about.id },
  }),
  alert: (about: About, failure: Pick<AttemptFailure, 'reason' | 'error'>): AlertDraft => ({
    incident: `backup:${about.database}`,
    kind: 'backup_failed',
    severity: 'critical',
    title: 'Database backup failed',
    error: failure.error,
    context: {
      database: about.database,
      backup_id: about.id,
      attempt: String(about.attempt),
      reason: failure.reason,
    },
  }),
  recovery: (about: About): ResolutionDraft => ({
    incident: `backup:${about.database}`,
    kind: 'backup_failed',
    title: 'Database backup succeeded',
    context: { database: about.database, backup_id: about.id },
  }),
};
