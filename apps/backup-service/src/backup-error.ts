import type { backupFailureReasons } from '@swfx/audit';

export type BackupFailureReason = (typeof backupFailureReasons)[number];

/** Why a backup could not be taken: a closed reason, a sentence for people, and whether trying again can help. */
export class BackupError extends Error {
  readonly reason: BackupFailureReason;
  readonly permanent: boolean;

  constructor(
    reason: BackupFailureReason,
    message: string,
    options: { permanent?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BackupError';
    this.reason = reason;
    this.permanent = options.permanent ?? false;
  }
}
