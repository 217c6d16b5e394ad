import { AppError, errorMessage } from './app-error';
import { problemFrom } from './problem';

describe('problemFrom', () => {
  it('gives a known error its code, status, detail and fields', () => {
    const problem = problemFrom(
      new AppError('invalid_request', 'email is missing', { fields: { pointer: '/email' } }),
    );
    expect(problem).toEqual({
      type: 'urn:smartwalletfx:problem:invalid_request',
      title: 'The request is malformed',
      status: 400,
      code: 'invalid_request',
      detail: 'email is missing',
      pointer: '/email',
    });
  });

  it('tells a client nothing about an error that nobody named', () => {
    const problem = problemFrom(new Error('connect ECONNREFUSED 10.0.0.1:5432'));
    expect(problem.status).toBe(500);
    expect(JSON.stringify(problem)).not.toContain('10.0.0.1');
  });
});

describe('errorMessage', () => {
  it('finds the message inside an aggregate that has none of its own', () => {
    expect(errorMessage(new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:1')]))).toBe(
      'connect ECONNREFUSED 127.0.0.1:1',
    );
  });

  it('keeps a message on one line', () => {
    expect(errorMessage(new Error('one\n  two'))).toBe('one two');
  });
});
