import { createProgress } from './progress';

function record(isTerminal: boolean): { text: () => string; progress: ReturnType<typeof createProgress> } {
  let text = '';
  let time = 0;
  const output = { write: (part: string) => (text += part), isTerminal, hasColour: false };
  return { text: () => text, progress: createProgress(output, () => (time += 600)) };
}

describe('createProgress', () => {
  it('writes one plain line for each step into a pipe', async () => {
    const { text, progress } = record(false);
    await progress.step('Postgres', async (note) => note('initdb'));
    progress.say('A word.');
    expect(text()).toBe('  ✓ Postgres 0.6 s\nA word.\n');
  });

  it('shows what runs on a terminal, and replaces that by the result', async () => {
    const { text, progress } = record(true);
    await progress.step('Postgres', async (note) => note('initdb'));
    expect(text().split('\r\u001b[K')).toEqual([
      '  · Postgres …',
      '  · Postgres: initdb …',
      '  ✓ Postgres 0.6 s\n',
    ]);
  });

  it('shows all that runs at once, and a line above it for each that ends', async () => {
    const { text, progress } = record(true);
    let end: () => void = () => undefined;
    const slow = progress.step('slow', () => new Promise<void>((resolve) => (end = resolve)));
    await progress.step('quick', async () => undefined);
    end();
    await slow;
    expect(text().split('\r\u001b[K')).toEqual([
      '  · slow …',
      '  · slow, quick …',
      '  ✓ quick 0.6 s\n  · slow …',
      '  ✓ slow 1.8 s\n',
    ]);
  });

  it('marks a step that fails and passes the error on', async () => {
    const { text, progress } = record(false);
    await expect(progress.step('Redis', () => Promise.reject(new Error('port')))).rejects.toThrow('port');
    expect(text()).toBe('  ✗ Redis 0.6 s\n');
  });
});
