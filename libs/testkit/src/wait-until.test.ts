import { waitUntil } from './wait-until';

describe('waitUntil', () => {
  it('returns the first truthy answer', async () => {
    const answers = [undefined, 0, 'here'];
    expect(await waitUntil(() => answers.shift(), { intervalMs: 1 })).toBe('here');
  });

  it('takes an error for "not yet"', async () => {
    const answers = [() => Promise.reject(new Error('refused')), () => true];
    expect(await waitUntil(() => answers.shift()?.(), { intervalMs: 1 })).toBe(true);
  });

  it('says what it waited for and what the last answer was', async () => {
    const waiting = waitUntil(() => false, { timeoutMs: 1, describe: 'the alert is sent' });
    await expect(waiting).rejects.toThrow('until the alert is sent, in vain; the last answer was false.');
  });

  it('says what the last error was', async () => {
    const waiting = waitUntil(() => Promise.reject(new Error('refused')), { timeoutMs: 1 });
    await expect(waiting).rejects.toThrow('the last error was: Error: refused');
  });
});
