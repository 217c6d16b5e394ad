import type { AlertKind } from '@swfx/alerts';

/** What a message of one kind says beside what its alert says. */
export interface MessageTemplate {
  /** What an operator does first. */
  next?: string;
  /** The page of the runbooks, under the configured address. */
  runbook?: string;
  /** How an end reads whose cause is not known, or which is a count. */
  ended?: string;
}

const deployment: MessageTemplate = { ended: 'Application start-up and shutdown' };

/** The templates of the kinds of which there is something to say beside what the alert says itself. */
export const messageTemplates: Partial<Record<AlertKind, MessageTemplate>> = {
  backup_failed: {
    next: 'npx swfx backup list',
    runbook: 'BackupFailure',
    ended: 'Database backups work again',
  },
  backup_proof_failed: {
    next: 'npx swfx backup list',
    runbook: 'BackupNotProven',
    ended: 'Database backups are proven again',
  },
  backup_unusual: { next: 'npx swfx backup list', runbook: 'backup-unusual' },
  backup_retention_stopped: {
    next: 'npx swfx backup retention --dry-run',
    runbook: 'BackupRetentionStopped',
  },
  backup_copy_failed: {
    next: 'npx swfx backup list',
    runbook: 'BackupCopyBehind',
    ended: 'Every backup has its second copy again',
  },
  backup_copy_used: { next: 'npx swfx backup list', runbook: 'backup-first-copy-lost' },
  restore_failed: { next: 'npx swfx backup restores', runbook: 'RestoreFailure' },
  rotation_failed: {
    next: 'npx swfx keys list',
    runbook: 'JWTRotationFailure',
    ended: 'JWT key rotation works again',
  },
  rotation_contended: {
    next: 'npx swfx tasks list',
    runbook: 'JWTRotationLockContention',
    ended: 'JWT key rotation meets no lock any more',
  },
  rotation_waits: {
    next: 'npx swfx keys doctor',
    runbook: 'JWTRotationWaits',
    ended: 'JWT key rotation goes on',
  },
  key_set_refused: {
    next: 'npx swfx keys doctor',
    runbook: 'JWTKeySetRefused',
    ended: 'The key set is believed again',
  },
  service_started: deployment,
  service_stopped: deployment,
  error_rate_high: {
    next: 'npx swfx logs',
    runbook: 'ErrorRateCritical',
    ended: 'Error rate is normal again',
  },
  suspicious_activity: { next: 'npx swfx logs --audit -n 200', runbook: 'SuspiciousActivity' },
  break_glass_used: { next: 'npx swfx logs --audit -n 200', runbook: 'BreakGlassUsed' },
  postgres_down: { next: 'npx swfx status', runbook: 'PostgresDown', ended: 'Postgres answers again' },
  redis_down: { next: 'npx swfx status', runbook: 'RedisDown', ended: 'Redis answers again' },
  destination_rejected: {
    next: 'mend its webhook or token, then npx swfx alerts test',
    runbook: 'AlertDeliveryRejected',
    ended: 'Alerts are delivered there again',
  },
  alerts_given_up: { next: 'npx swfx alerts dead', runbook: 'AlertDeliveryStalled' },
};

/** What is said beside an alert of a kind. */
export function templateOf(kind: string): MessageTemplate {
  return (messageTemplates as Record<string, MessageTemplate>)[kind] ?? {};
}
