import { PostgresStartError } from '@swfx/postgres-server';
import { StackError } from './stack-error';

/** An error as one sentence for a person, and what may follow it. Pure. */
export function explainError(error: unknown): { sentence: string; detail?: string } {
  if (error instanceof StackError) {
    const cause = error.cause instanceof PostgresStartError ? error.cause : undefined;
    // What Postgres itself says about a known cause adds nothing to the sentence.
    return {
      sentence: error.message,
      detail: cause && cause.reason !== 'unknown' ? undefined : error.detail,
    };
  }
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path ? ` at ${path}` : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return { sentence: `The disk is full${where}.` };
  if (code === 'EACCES' || code === 'EPERM') {
    return { sentence: `This user may not write${where}: it belongs to another one.` };
  }
  if (code === 'EROFS') return { sentence: `The disk is mounted read-only${where}.` };
  return { sentence: message };
}
