import { readFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProgramError } from './program-error';
import { runTogether } from './run-together';
import { startProgram } from './start-program';

const never = new AbortController().signal;
const shell = (script: string, signal: AbortSignal) =>
  startProgram({ program: '/bin/sh', args: ['-c', script], env: { PATH: process.env['PATH'] }, signal });

describe('startProgram', () => {
  it('keeps output that nobody has begun to read when the program has long ended', async () => {
    const program = shell('echo here', never);
    await sleep(200);
    expect(await text(program.stdout)).toBe('here\n');
    await program.succeeded;
  });

  it('fails with the code and the complaint, though all its output came through', async () => {
    const program = shell(
      'echo data; echo "sh: warning: odd" >&2; echo "sh: error: it broke" >&2; exit 3',
      never,
    );
    expect(await text(program.stdout)).toBe('data\n');
    await expect(program.succeeded).rejects.toThrow('sh failed with code 3: it broke');
  });

  it('fails when a signal ended it', async () => {
    await expect(shell('kill -KILL $$', never).succeeded).rejects.toThrow('sh was ended by SIGKILL');
  });

  it('fails when it cannot be started', async () => {
    const program = startProgram({ program: '/no/such/program', args: [], env: {}, signal: never });
    await expect(program.succeeded).rejects.toThrow('program cannot be started');
  });

  it('keeps what it said when it succeeds, and the end of it when that is much', async () => {
    const program = shell('head -c 200000 /dev/zero | tr "\\0" x >&2; echo last >&2', never);
    const said = await program.succeeded;
    expect(said.endsWith('last')).toBe(true);
    expect(said.length).toBeLessThanOrEqual(64 * 1024);
  });

  it('ends the program and its children when it is aborted, also those that ignore it', async () => {
    const abort = new AbortController();
    const program = shell('trap "" TERM; sleep 600 & echo $!; wait; sleep 600', abort.signal);
    const child = await new Promise<number>((resolve) =>
      program.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
    );
    abort.abort();
    await expect(program.succeeded).rejects.toThrow(/was ended by SIG/);
    // One that has ended and waits to be reaped has no command line any more.
    expect(await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).toBe('');
  });
});

describe('runTogether', () => {
  it('blames the program that failed, not the pipes that broke', async () => {
    const work = runTogether(never, (signal) => {
      const source = shell('yes', signal);
      const sink = shell('head -c 10 >/dev/null; echo "sh: error: no more" >&2; exit 7', signal);
      return [pipeline(source.stdout, sink.stdin, { signal }), source.succeeded, sink.succeeded];
    });
    await expect(work).rejects.toThrow('no more');
  });

  it('fails when the first program fails after all of its output was taken', async () => {
    const work = runTogether(never, (signal) => {
      const source = shell('echo half; exit 1', signal);
      const sink = shell('cat >/dev/null', signal);
      return [pipeline(source.stdout, sink.stdin, { signal }), source.succeeded, sink.succeeded];
    });
    await expect(work).rejects.toBeInstanceOf(ProgramError);
  });

  it('leaves nothing running when one part cannot even be started', async () => {
    let first: ReturnType<typeof shell> | undefined;
    const work = runTogether(never, (signal) => {
      first = shell('cat >/dev/null', signal);
      throw new Error('no thread can be made');
    });
    await expect(work).rejects.toThrow('no thread can be made');
    await expect(first?.succeeded).rejects.toThrow('was ended by SIGTERM');
  });

  it('stops everything, and throws the reason, when it is aborted', async () => {
    const abort = new AbortController();
    const work = runTogether(abort.signal, (signal) => {
      const source = shell('yes', signal);
      const sink = shell('cat >/dev/null', signal);
      source.stdout.once('data', () => abort.abort(new Error('enough')));
      return [pipeline(source.stdout, sink.stdin, { signal }), source.succeeded, sink.succeeded];
    });
    await expect(work).rejects.toThrow('enough');
  });
});
