import { isDatabaseUnavailable } from '@swfx/database';
import { errorMessage } from '@swfx/errors';
import { BackupError } from '../backup-error';
import { ProgramError } from '../programs/program-error';

/** Names the reason of whatever stopped an attempt. */
export function classifyFailure(error: unknown): BackupError {
  if (error instanceof BackupError) return error;
  const message = errorMessage(error);
  if (error instanceof ProgramError) {
    if (error.cause !== undefined) return new BackupError('client_missing', message, { permanent: true });
    const connection = /connection to server|server closed the connection|terminating connection/i.test(
      error.stderr,
    );
    return new BackupError(connection ? 'cannot_connect' : 'dump_failed', message, { cause: error });
  }
  if (isDatabaseUnavailable(error)) return new BackupError('cannot_connect', message, { cause: error });
  const refusedByServer = typeof (error as { severity?: unknown } | null)?.severity === 'string';
  return new BackupError(refusedByServer ? 'dump_failed' : 'internal', message, { cause: error });
}
