import { randomUUID } from 'node:crypto';
import { createTestRedis, waitUntil, type TestRedis } from '@swfx/testkit';
import { createLocalThrottle } from './local-throttle';
import { createRedisThrottle } from './redis-throttle';
import type { Admitted, Attempt, Throttle, ThrottleRule } from './throttle';
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
  [
    'in this process, for want of Redis',
    () => withFallback(failing, createLocalThrottle(), { onFallback: () => undefined }),
  ],
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
    const free = { outcome: 'admitted', lockMs: 0 } as const;
    const last = await failTimes(throttle, account, rule.freeFailures);
    await throttle.refund(account, rule, last);
    expect(await throttle.attempt(account, rule)).toEqual({ outcome: 'admitted', lockMs: minutes });
    await throttle.forget(account);
    expect(await throttle.attempt(account, rule)).toEqual(free);
    const other = key();
    await throttle.refund(other, rule, free);
    expect(await throttle.attempt(other, rule)).toEqual(free);
  });

  test('whoever succeeds after others have failed locks nobody, and unlocks nobody else’s lock', async () => {
    const [throttle, address] = [create(), key()];
    const brief = { ...rule, freeFailures: 1, lockMs: 1, lockMaxMs: 1 };
    const long = { ...brief, lockMs: minutes, lockMaxMs: minutes };
    await throttle.attempt(address, brief);
    const success = await waitUntil(async () => {
      const attempt = await throttle.attempt(address, long);
      return attempt.outcome === 'admitted' && attempt;
    });
    expect(success.lockMs).toBe(minutes);
    await throttle.refund(address, long, success);
    expect(await throttle.attempt(address, long)).toEqual({ outcome: 'admitted', lockMs: minutes });
    await throttle.refund(address, long, { outcome: 'admitted', lockMs: 0 });
    expect(await throttle.attempt(address, long)).toMatchObject({ outcome: 'locked' });
  });
});

async function failTimes(throttle: Throttle, key: string, times: number): Promise<Admitted> {
  const attempts: Attempt[] = [];
  for (let time = 0; time < times; time += 1) attempts.push(await throttle.attempt(key, rule));
  const last = attempts.at(-1);
  if (last?.outcome !== 'admitted') throw new Error('the last attempt was not let in');
  return last;
}

test('leaves nothing in Redis of attempts that taught nothing: their number is the attacker’s to choose', async () => {
  const throttle = createRedisThrottle(server.client);
  const key = `test:${randomUUID()}`;
  const attempts = [await failTimes(throttle, key, 1), await failTimes(throttle, key, 1)];
  for (const attempt of attempts) {
    expect(await server.client.exists(`swfx:throttle:${key}`)).toBe(1);
    await throttle.refund(key, rule, attempt);
  }
  expect(await server.client.exists(`swfx:throttle:${key}`)).toBe(0);
});

const failing: Throttle = {
  attempt: () => Promise.reject(new Error('Redis is away')),
  refund: () => Promise.reject(new Error('Redis is away')),
  forget: () => Promise.reject(new Error('Redis is away')),
};

test('what is counted in one process alone is said, and a Redis that was silent is left alone for a while', async () => {
  let [fallbacks, asked, now] = [0, 0, 0];
  const silent: Throttle = { ...failing, attempt: () => ((asked += 1), failing.attempt('', rule)) };
  const options = { onFallback: () => (fallbacks += 1), now: () => now };
  const throttle = withFallback(silent, createLocalThrottle(), options);
  await throttle.attempt('a', rule);
  await throttle.attempt('a', rule);
  await throttle.forget('b');
  expect([fallbacks, asked]).toEqual([2, 1]);
  now = 5_000;
  await throttle.attempt('a', rule);
  expect([fallbacks, asked]).toEqual([3, 2]);
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
