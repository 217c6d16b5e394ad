import { createPollSoon } from './poll-soon';

describe('createPollSoon', () => {
  it('turns many hints into one poll at once and one more', async () => {
    const polls: (() => void)[] = [];
    const pollSoon = createPollSoon(() => new Promise<void>((resolve) => polls.push(resolve)));
    for (let hint = 0; hint < 100; hint++) pollSoon();
    expect(polls).toHaveLength(1);
    polls[0]?.();
    await new Promise(setImmediate);
    expect(polls).toHaveLength(2);
    polls[1]?.();
    await new Promise(setImmediate);
    expect(polls).toHaveLength(2);
    pollSoon();
    expect(polls).toHaveLength(3);
  });
});
