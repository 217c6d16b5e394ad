import { classifyError } from './problem';

describe('classifyError', () => {
  it.each([
    ['a statement that ran out of time', { code: '57014' }, 504],
    ['a Postgres that is shutting down', { code: '57P01' }, 503],
    ['a Postgres that nobody answers for', { code: 'ECONNREFUSED' }, 503],
    ['a connection that broke in the middle', new Error('Connection terminated unexpectedly'), 503],
    ['a pool in which no connection became free', new Error('timeout exceeded when trying to connect'), 503],
    ['a body that is no JSON', Object.assign(new SyntaxError('Unexpected token'), { status: 400 }), 400],
    ['a body that is too large', { status: 413 }, 413],
    ['anything else', new TypeError('undefined is not a function'), 500],
    ['nothing at all', undefined, 500],
  ])('answers %s with its own status', (_case, error, status) => {
    expect(classifyError(error)).toMatchObject({ status });
  });

  it('tells the caller nothing of what is inside', () => {
    expect(JSON.stringify(classifyError(new Error('column "secret" does not exist')))).not.toContain(
      'secret',
    );
  });
});
