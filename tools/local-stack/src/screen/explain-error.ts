import { PostgresStartError } from '@swfx/postgres-server';
import { StackError } from './stack-error';

/** Of the system, and of Postgres. */
const diskFull = ['ENOSPC', 'EDQUOT', '53100'];

/** An error as one sentence for a person, and what may follow it. Pure. */
export function explainError(error: unknown): { sentence: string; detail?: string } {
  if (error instanceof StackError) return explainStackError(error);
  const { code, path, message } = error as NodeJS.ErrnoException;
  const where = path ? ` at ${path}` : '';
  if (code && diskFull.includes(code)) return { sentence: `The disk is full${where}.` };
  if (code === 'EACCES' || code === 'EPERM') {
    return { sentence: `This user may not write${where}: it belongs to another one.` };
  }
  if (code === 'EROFS') return { sentence: `The disk is mounted read-only${where}.` };
  return { sentence: message };
}

/** What Postgres's log says about a known cause adds nothing to the sentence. */
function explainStackError({ message, detail, cause }: StackError): { sentence: string; detail?: string } {
  if (!(cause instanceof PostgresStartError)) return { sentence: message, detail };
  return { sentence: cause.message, detail: cause.reason === 'unknown' ? detail : undefined };
}
