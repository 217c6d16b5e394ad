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
  service_started: deployment,
  service_stopped: deployment,
  error_rate_high: {
    next: 'npx swfx logs',
    runbook: 'ErrorRateCritical',
    ended: 'Error rate is normal again',
  },
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
