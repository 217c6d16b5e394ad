import { isDatabaseUnavailable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import type { restoreFailureReasons } from '@swfx/audit';
import { BackupError } from '../backup-error';
import { ProgramError } from '../programs/program-error';

export type RestoreFailureReason = (typeof restoreFailureReasons)[number];

/** Why a restore could not be made: a closed reason, and a sentence for people. */
export class RestoreError extends Error {
  readonly reason: RestoreFailureReason;

  constructor(reason: RestoreFailureReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'RestoreError';
    this.reason = reason;
  }
}

const ofBackup: Partial<Record<BackupError['reason'], RestoreFailureReason>> = {
  cannot_connect: 'cannot_connect',
  storage_failed: 'storage_failed',
  client_missing: 'client_missing',
  interrupted: 'interrupted',
  timeout: 'timeout',
};

/** Names the reason of whatever stopped a restore. */
export function classifyRestoreFailure(error: unknown): RestoreError {
  if (error instanceof RestoreError) return error;
  const message = errorMessage(error);
  if (error instanceof BackupError)
    return new RestoreError(ofBackup[error.reason] ?? 'internal', message, error);
  if (error instanceof ProgramError) return new RestoreError('restore_failed', message, error);
  if (isDatabaseUnavailable(error)) return new RestoreError('cannot_connect', message, error);
  const refusedByServer = typeof (error as { severity?: unknown } | null)?.severity === 'string';
  return new RestoreError(refusedByServer ? 'restore_failed' : 'internal', message, error);
}
