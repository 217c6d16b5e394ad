import { BackupError } from '../backup-error';
import { ProgramError } from '../programs/program-error';
import { classifyFailure } from './classify-failure';

const pgDump = (stderr: string) => new ProgramError('pg_dump', { code: 1, stderr });

describe('classifyFailure', () => {
  it.each([
    ['connection to server at "h" failed: refused', 'cannot_connect'],
    ['server closed the connection unexpectedly', 'cannot_connect'],
    ['error: permission denied for table x', 'dump_failed'],
  ])('reads what pg_dump complains of: %s', (stderr, reason) => {
    expect(classifyFailure(pgDump(stderr))).toMatchObject({ reason, permanent: false });
  });
  it('does not try again without the program', () => {
    const missing = new ProgramError('zstd', { stderr: '', cause: new Error('spawn zstd ENOENT') });
    expect(classifyFailure(missing)).toMatchObject({ reason: 'client_missing', permanent: true });
  });
  it('keeps what is classified already, and calls the rest internal', () => {
    const known = new BackupError('timeout', 'too long');
    expect(classifyFailure(known)).toBe(known);
    expect(classifyFailure(new Error('what?'))).toMatchObject({ reason: 'internal', message: 'what?' });
  });
  it('knows a server that went away, and one that refused', () => {
    expect(classifyFailure(new Error('Connection terminated unexpectedly')).reason).toBe('cannot_connect');
    const refused = Object.assign(new Error('permission denied'), { severity: 'ERROR', code: '42501' });
    expect(classifyFailure(refused).reason).toBe('dump_failed');
  });
});
