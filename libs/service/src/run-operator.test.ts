import { AppError } from '@swfx/errors';
import { explainFailure } from './run-operator';

const withCode = (message: string, code: string, more = {}) =>
  Object.assign(new Error(message), { code, ...more });

describe('explainFailure', () => {
  it('says in one sentence that Postgres is away', () => {
    const failure = explainFailure(withCode('connect ECONNREFUSED 127.0.0.1:5432', 'ECONNREFUSED'));
    expect(failure).toEqual({
      exitCode: 1,
      sentence: 'The ops database does not answer: connect ECONNREFUSED 127.0.0.1:5432.',
    });
  });

  it('tells an unusable configuration (2) from a failure (1)', () => {
    const unusable = explainFailure(new AppError('invalid_configuration', 'DATABASE_URL is required'));
    expect(unusable).toEqual({ exitCode: 2, sentence: 'DATABASE_URL is required' });
    expect(explainFailure(new Error('no such backup'))).toEqual({ exitCode: 1, sentence: 'no such backup' });
  });

  it('adds nothing to what commander has said: 0 after help, 2 after wrong usage', () => {
    expect(explainFailure(withCode('', 'commander.helpDisplayed', { exitCode: 0 }))).toEqual({ exitCode: 0 });
    expect(explainFailure(withCode('', 'commander.unknownCommand', { exitCode: 1 }))).toEqual({
      exitCode: 2,
    });
  });

  it('knows the remedy for a table that is not there yet', () => {
    const { sentence } = explainFailure(withCode('relation "x" does not exist', '42P01'));
    expect(sentence).toContain('npx swfx db migrate');
  });
});
