import { runSideBySide } from './run-side-by-side';

/** Runs tasks that end when they are told to, and records what began. */
function start(tasks: { name: string; needs?: string }[], limit: number) {
  const ends = new Map<string, (passed: boolean) => void>();
  const outcomes = runSideBySide(
    tasks,
    limit,
    ({ name }) => new Promise<boolean>((resolve) => void ends.set(name, resolve)),
  );
  const end = async (name: string, passed = true): Promise<void> => {
    ends.get(name)?.(passed);
    await new Promise(setImmediate);
  };
  return { outcomes, end, begun: () => [...ends.keys()] };
}

describe('runSideBySide', () => {
  it('keeps to the order and to the limit', async () => {
    const { outcomes, end, begun } = start([{ name: 'a' }, { name: 'b' }, { name: 'c' }], 2);
    expect(begun()).toEqual(['a', 'b']);
    await end('b');
    expect(begun()).toEqual(['a', 'b', 'c']);
    await end('a', false);
    await end('c');
    expect([...(await outcomes)]).toEqual([
      ['b', 'passed'],
      ['a', 'failed'],
      ['c', 'passed'],
    ]);
  });

  it('lets others go ahead of one that has to wait', async () => {
    const tasks = [{ name: 'build' }, { name: 'use', needs: 'build' }, { name: 'other' }];
    const { outcomes, end, begun } = start(tasks, 2);
    expect(begun()).toEqual(['build', 'other']);
    await end('build');
    expect(begun()).toEqual(['build', 'other', 'use']);
    await end('other');
    await end('use');
    expect((await outcomes).get('use')).toBe('passed');
  });

  it('leaves out what needs something that failed, or that was left out itself', async () => {
    const tasks = [
      { name: 'build' },
      { name: 'use', needs: 'build' },
      { name: 'use of it', needs: 'use' },
      { name: 'other' },
    ];
    const { outcomes, end, begun } = start(tasks, 1);
    await end('build', false);
    await end('other');
    expect(begun()).toEqual(['build', 'other']);
    const left = [...(await outcomes)].filter(([, outcome]) => outcome === 'left out');
    expect(left.map(([name]) => name)).toEqual(['use', 'use of it']);
  });
});
