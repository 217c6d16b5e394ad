import type { AlertDraft, ResolutionDraft } from '@swfx/alerts';
import type { AuditEvent } from '@swfx/audit';
import type { ProofClaim } from '../catalogue/proofs';
import type { ProofResult } from './prove-backup';

type About = Pick<ProofClaim, 'id' | 'database'>;
type Failed = Exclude<ProofResult, { tables: number }>;

const reasons = {
  CONTENT_DIFFERS: 'content_differs',
  CORRUPT: 'corrupt',
  CANNOT_VERIFY_HERE: 'cannot_verify_here',
} as const;

const common = (about: About) => ({
  actor: 'service:backup-service',
  subject: null,
  operationId: about.id,
});

/** What the audit trail and people are told of a proof. */
export const proofEvents = {
  proven: (
    about: About,
    proof: { level: 'rows' | 'full'; tables: number; rows: number; seconds: number },
  ): AuditEvent => ({
    action: 'db_backup_proven',
    outcome: 'success',
    ...common(about),
    fields: {
      backup_id: about.id,
      database: about.database,
      level: proof.level,
      tables: proof.tables,
      rows: proof.rows,
      duration_seconds: proof.seconds,
    },
  }),
  failed: (about: About, failed: Failed): AuditEvent => ({
    action: 'db_backup_proof_failed',
    outcome: 'failure',
    ...common(about),
    fields: {
      backup_id: about.id,
      database: about.database,
      error: failed.reason,
      reason: reasons[failed.verdict],
    },
  }),
  /** That a proof could not be made is a task for a working day; that it failed is not. */
  alert: (about: About, failed: Failed): AlertDraft => ({
    incident: `backup-proof:${about.database}`,
    kind: 'backup_proof_failed',
    severity: failed.verdict === 'CANNOT_VERIFY_HERE' ? 'warning' : 'critical',
    title:
      failed.verdict === 'CANNOT_VERIFY_HERE'
        ? 'Database backup could not be verified'
        : 'Database backup failed its proof',
    error: failed.reason,
    context: { database: about.database, backup_id: about.id, verdict: failed.verdict },
  }),
  recovery: (about: About): ResolutionDraft => ({
    incident: `backup-proof:${about.database}`,
    kind: 'backup_proof_failed',
    title: 'Database backup proven',
    context: { database: about.database, backup_id: about.id },
  }),
};
