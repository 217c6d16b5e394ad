import { captureOutput } from './capture-output';

describe('captureOutput', () => {
  it('returns what was written where, and the exit code', async () => {
    const captured = await captureOutput(async () => {
      process.stdout.write('a table\n');
      process.stderr.write(Buffer.from('a com'));
      process.stderr.write('plaint');
      process.exitCode = 2;
    });
    expect(captured).toEqual({ code: 2, out: 'a table\n', err: 'a complaint' });
  });

  it('leaves nothing behind, also after an error', async () => {
    const before = [process.exitCode, process.stdout.listenerCount('error')];
    const failing = captureOutput(async () => {
      process.stdout.on('error', () => undefined);
      process.exitCode = 1;
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect([process.exitCode, process.stdout.listenerCount('error')]).toEqual(before);
    expect((await captureOutput(async () => undefined)).code).toBe(0);
  });
});
