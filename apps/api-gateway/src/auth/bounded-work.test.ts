import { createBoundedWork } from './bounded-work';

function hold() {
  const started: number[] = [];
  const releases: (() => void)[] = [];
  const work = (id: number) => () => {
    started.push(id);
    return new Promise<number>((resolve) => releases.push(() => resolve(id)));
  };
  return { started, releases, work };
}

test('runs no more than its limit at once, and the others in the order in which they came', async () => {
  const { started, releases, work } = hold();
  const bounded = createBoundedWork({ atOnce: 2, waiting: 5 });
  const all = [1, 2, 3, 4].map((id) => bounded.run(work(id)));
  await Promise.resolve();
  expect(started).toEqual([1, 2]);
  releases[0]?.();
  await all[0];
  releases[1]?.();
  await all[1];
  await new Promise(setImmediate);
  expect(started).toEqual([1, 2, 3, 4]);
  releases[2]?.();
  releases[3]?.();
  expect(await Promise.all(all)).toEqual([1, 2, 3, 4]);
});

test('refuses at once what would wait behind too many, and says when to come again', async () => {
  const { releases, work } = hold();
  const bounded = createBoundedWork({ atOnce: 1, waiting: 1 });
  const first = bounded.run(work(1));
  const second = bounded.run(work(2));
  await expect(bounded.run(work(3))).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
  releases[0]?.();
  await first;
  await new Promise(setImmediate);
  releases[1]?.();
  await second;
});

test('gives the turn on when work fails', async () => {
  const bounded = createBoundedWork({ atOnce: 1, waiting: 1 });
  await expect(bounded.run(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await bounded.run(() => Promise.resolve('yes'))).toBe('yes');
});
