import { createSharedRead } from './shared-read';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Reads that end when the test says so. */
function reads() {
  const ends: ((answer: boolean) => void)[] = [];
  return { ends, read: () => new Promise<boolean>((resolve) => ends.push(resolve)) };
}
const settle = () => jest.advanceTimersByTimeAsync(0);

test('answers everyone who asks before a read begins with that one read', async () => {
  const { ends, read } = reads();
  const shared = createSharedRead({ read, spacingMs: 1_000 });
  void shared.now();
  const waiting = [shared.fresh(), shared.fresh(), shared.now()];
  ends[0]?.(true);
  await settle();
  expect(ends).toHaveLength(2);
  ends[1]?.(true);
  expect(await Promise.all(waiting)).toEqual([true, true, true]);
});

test('never answers with a read that began before it was asked for', async () => {
  const { ends, read } = reads();
  const shared = createSharedRead({ read, spacingMs: 0 });
  const answers: string[] = [];
  void shared.now().then(() => answers.push('first'));
  void shared.fresh().then(() => answers.push('second'));
  ends[0]?.(true);
  await settle();
  expect(answers).toEqual(['first']);
  ends[1]?.(true);
  await settle();
  expect(answers).toEqual(['first', 'second']);
});

test('begins at most one fresh read in its spacing, however many ask', async () => {
  let count = 0;
  const shared = createSharedRead({
    read: () => {
      count += 1;
      return Promise.resolve(true);
    },
    spacingMs: 1_000,
  });
  const storm = setInterval(() => void shared.fresh(), 10);
  await jest.advanceTimersByTimeAsync(10_000);
  clearInterval(storm);
  expect(count).toBe(10);
});

test('a reason to read at once does not wait for the spacing, and answers those who do', async () => {
  const { ends, read } = reads();
  const shared = createSharedRead({ read, spacingMs: 1_000 });
  void shared.now();
  ends[0]?.(true);
  await settle();
  const waiting = shared.fresh();
  expect(ends).toHaveLength(1);
  void shared.now();
  expect(ends).toHaveLength(2);
  ends[1]?.(false);
  expect(await waiting).toBe(false);
});

test('leaves nobody waiting when it stops', async () => {
  const { ends, read } = reads();
  const shared = createSharedRead({ read, spacingMs: 1_000 });
  void shared.now();
  const waiting = shared.fresh();
  shared.stop();
  expect(await waiting).toBe(false);
  expect(await shared.fresh()).toBe(false);
  ends[0]?.(true);
  await jest.advanceTimersByTimeAsync(5_000);
  expect(ends).toHaveLength(1);
});
