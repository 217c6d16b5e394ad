import { randomUUID } from 'node:crypto';
import { createTestRedis, waitUntil, type TestRedis } from '@swfx/testkit';
import { createLocalThrottle } from './local-throttle';
import { createRedisThrottle } from './redis-throttle';
import type { Throttle, ThrottleRule } from './throttle';
import { withFallback } from './throttle-with-fallback';

let server: TestRedis;
beforeAll(async () => {
  server = await createTestRedis();
});
afterAll(async () => {
  await server.drop();
});

const minutes = 60_000;
const rule: ThrottleRule = {
  freeFailures: 3,
  lockMs: minutes,
  lockMaxMs: 4 * minutes,
  windowMs: 60 * minutes,
};
const short: ThrottleRule = { freeFailures: 1, lockMs: 20, lockMaxMs: 40, windowMs: 60 * minutes };

describe.each<[string, () => Throttle]>([
  ['in Redis', () => createRedisThrottle(server.client)],
  ['in this process', () => createLocalThrottle()],
  ['in this process, for want of Redis', () => withFallback(failing, createLocalThrottle(), () => undefined)],
])('a throttle %s', (_where, create) => {
  const key = () => `test:${randomUUID()}`;

  test('admits the free failures, and locks with the last of them', async () => {
    const [throttle, account] = [create(), key()];
    const attempts = [];
    for (let times = 0; times < 3; times += 1) attempts.push(await throttle.attempt(account, rule));
    expect(attempts).toEqual([
      { outcome: 'admitted', lockMs: 0 },
      { outcome: 'admitted', lockMs: 0 },
      { outcome: 'admitted', lockMs: minutes },
    ]);
    const locked = await throttle.attempt(account, rule);
    expect(locked).toMatchObject({ outcome: 'locked' });
    if (locked.outcome === 'locked') expect(locked.waitMs).toBeLessThanOrEqual(minutes);
    expect(await throttle.attempt(key(), rule)).toMatchObject({ outcome: 'admitted' });
  });

  test('many at once get no further than one after the other', async () => {
    const [throttle, account] = [create(), key()];
    const attempts = await Promise.all(Array.from({ length: 50 }, () => throttle.attempt(account, rule)));
    expect(attempts.filter(({ outcome }) => outcome === 'admitted')).toHaveLength(3);
  });

  test('each further failure locks for twice as long, up to the longest lock', async () => {
    const [throttle, account] = [create(), key()];
    const locks = [];
    for (let times = 0; times < 4; times += 1)
      locks.push(
        await waitUntil(async () => {
          const attempt = await throttle.attempt(account, short);
          return attempt.outcome === 'admitted' && attempt.lockMs;
        }),
      );
    expect(locks).toEqual([20, 40, 40, 40]);
  });

  test('forgets an account that succeeded, and takes back an attempt that taught nothing', async () => {
    const [throttle, account] = [create(), key()];
    for (let times = 0; times < 3; times += 1) await throttle.attempt(account, rule);
    await throttle.refund(account, rule);
    expect(await throttle.attempt(account, rule)).toEqual({ outcome: 'admitted', lockMs: minutes });
    await throttle.forget(account);
    expect(await throttle.attempt(account, rule)).toEqual({ outcome: 'admitted', lockMs: 0 });
    const other = key();
    await throttle.refund(other, rule);
    expect(await throttle.attempt(other, rule)).toEqual({ outcome: 'admitted', lockMs: 0 });
  });
});

const failing: Throttle = {
  attempt: () => Promise.reject(new Error('Redis is away')),
  refund: () => Promise.reject(new Error('Redis is away')),
  forget: () => Promise.reject(new Error('Redis is away')),
};

test('what is counted in one process alone is said', async () => {
  let fallbacks = 0;
  const throttle = withFallback(failing, createLocalThrottle(), () => (fallbacks += 1));
  await throttle.attempt('a', rule);
  await throttle.attempt('a', rule);
  expect(fallbacks).toBe(2);
});

test('the memory of a throttle in this process is bounded, and its window ends', async () => {
  let now = 0;
  const throttle = createLocalThrottle({ limit: 2, now: () => now });
  const lock = async (key: string) => {
    for (let times = 0; times < 3; times += 1) await throttle.attempt(key, rule);
    return (await throttle.attempt(key, rule)).outcome;
  };
  expect([await lock('a'), await lock('b'), await lock('c')]).toEqual(['locked', 'locked', 'locked']);
  expect((await throttle.attempt('a', rule)).outcome).toBe('admitted');
  expect((await throttle.attempt('c', rule)).outcome).toBe('locked');
  now = rule.windowMs + 1;
  expect(await throttle.attempt('c', rule)).toEqual({ outcome: 'admitted', lockMs: 0 });
});
