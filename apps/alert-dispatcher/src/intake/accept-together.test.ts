import type { Alert } from '@swfx/alerts';
import { AppError } from '@swfx/errors';
import { exampleAlert } from '../start-test-dispatcher';
import { acceptTogether } from './accept-together';

describe('acceptTogether', () => {
  const batches: string[][] = [];
  let fails: (alerts: readonly Alert[]) => Error | undefined = () => undefined;
  const accept = acceptTogether(async (alerts) => {
    batches.push(alerts.map(({ title }) => title));
    await new Promise((resolve) => setImmediate(resolve));
    const error = fails(alerts);
    if (error) throw error;
  });
  const post = (...titles: string[]) => accept(titles.map((title) => exampleAlert({ title })));
  beforeEach(() => {
    batches.splice(0);
    fails = () => undefined;
  });

  it('keeps what comes alone at once, and what comes meanwhile together', async () => {
    await Promise.all([post('a'), post('b'), post('c', 'd')]);
    await post('e');
    expect(batches).toEqual([['a'], ['b', 'c', 'd'], ['e']]);
  });

  it('keeps no more than a thousand together, however large a single post is', async () => {
    const many = Array.from({ length: 1_200 }, (_, index) => String(index));
    await Promise.all([post('a'), post(...many), post('b'), post('c')]);
    expect(batches.map(({ length }) => length)).toEqual([1, 1_200, 2]);
  });

  it('refuses all when there is no place for any', async () => {
    fails = () => new AppError('database_unavailable', 'no place');
    const results = await Promise.allSettled([post('a'), post('b'), post('c')]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });

  it('refuses only the one that cannot be stored', async () => {
    fails = (alerts) => (alerts.some(({ title }) => title === 'bad') ? new Error('bad') : undefined);
    const results = await Promise.allSettled([post('a'), post('b'), post('bad'), post('c')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  });
});
