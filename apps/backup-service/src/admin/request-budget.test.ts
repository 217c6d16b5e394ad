import { createRequestBudget } from './request-budget';

test('each caller has so many requests a minute, and hears when there are more', () => {
  let now = 0;
  const budget = createRequestBudget(2, () => now);
  budget.spend('user:a');
  budget.spend('user:a');
  budget.spend('user:b');
  now = 20_000;
  expect(() => budget.spend('user:a')).toThrow(
    expect.objectContaining({ code: 'too_many_requests', retryAfterSeconds: 40 }),
  );
  now = 60_000;
  budget.spend('user:a');
});
