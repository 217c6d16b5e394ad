import { PostgresStartError } from '@swfx/postgres-server';
import { explainError } from './explain-error';
import { StackError } from './stack-error';

const systemError = (code: string, path?: string): Error => Object.assign(new Error(code), { code, path });

describe('explainError', () => {
  it.each([
    [systemError('ENOSPC'), 'The disk is full.'],
    [systemError('ENOSPC', '/clone/logs'), 'The disk is full at /clone/logs.'],
    [
      systemError('EACCES', '/clone/.swfx'),
      'This user may not write at /clone/.swfx: it belongs to another one.',
    ],
    [new Error('Something else.'), 'Something else.'],
  ])('says %s in a sentence', (error, sentence) => expect(explainError(error)).toEqual({ sentence }));

  it('knows a full disk that Postgres reports', () => {
    expect(explainError(systemError('53100')).sentence).toBe('The disk is full.');
  });

  it('adds the end of a log, except where the cause is known', () => {
    const cause = new PostgresStartError({
      reason: 'disk_full',
      sentence: 'The disk is full.',
      log: 'PANIC',
    });
    expect(explainError(new StackError('a', { detail: 'PANIC' }))).toEqual({
      sentence: 'a',
      detail: 'PANIC',
    });
    expect(explainError(new StackError('a', { detail: 'PANIC', cause }))).toEqual({
      sentence: cause.message,
    });
  });
});
