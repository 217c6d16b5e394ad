import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { waitUntil } from '@swfx/testkit';
import { startRelay } from './relay';
import { runTogether } from './run-together';
import { startProgram } from './start-program';
import { withPipes, type PipeEnd } from './with-pipes';

const never = new AbortController().signal;
const path = process.env['PATH'] ?? '';
const shell = (script: string, signal: AbortSignal, ends: { stdin?: PipeEnd; stdout?: PipeEnd }) =>
  startProgram({ program: '/bin/sh', args: ['-c', script], env: { PATH: path }, signal, ...ends });

/** What comes out behind a relay between two scripts, and the relay. */
async function relayed(before: string, behind: string, given: AbortSignal = never) {
  let output = '';
  let relay: ReturnType<typeof startRelay> | undefined;
  const seen: number[] = [];
  await withPipes(path, (first, second) =>
    runTogether(given, (signal) => {
      const source = shell(before, signal, { stdout: first.writer });
      const sink = shell(behind, signal, { stdin: second.reader });
      const onBytes = (bytes: number) => seen.push(bytes);
      relay = startRelay({ from: first.reader, to: second.writer, signal, onBytes });
      const taken = text(sink.stdout).then((all) => (output = all));
      return [source.succeeded, sink.succeeded, relay.done, taken];
    }),
  );
  return { output, bytes: relay?.bytes(), sha256: relay?.sha256(), seen };
}

const sha256 = (content: string) => createHash('sha256').update(content).digest('hex');

describe('a relay between two programs', () => {
  it('hands on what comes in small pieces, counts and hashes it', async () => {
    const result = await relayed('for i in 1 2 3; do echo $i; done', 'cat');
    expect(result).toMatchObject({ output: '1\n2\n3\n', bytes: 6, sha256: sha256('1\n2\n3\n') });
  });

  it('hands on more than it can hold to one who reads late, and tells how far it is', async () => {
    const bytes = 20_000_000;
    const result = await relayed(`head -c ${bytes} /dev/zero`, 'sleep 0.1; wc -c');
    expect(Number(result.output)).toBe(bytes);
    expect(result.sha256).toBe(sha256('\0'.repeat(bytes)));
    expect(result.seen.at(-1)).toBe(bytes);
    expect(result.seen.length).toBeGreaterThan(1);
  });

  it('hands on nothing, and says that it was nothing', async () => {
    expect(await relayed('exit 0', 'cat')).toMatchObject({ output: '', bytes: 0, sha256: sha256('') });
  });

  it('fails when the one before fails, though all that it wrote came through', async () => {
    await expect(relayed('echo half; exit 1', 'cat')).rejects.toThrow('sh failed with code 1');
  });

  it('blames the one behind when that breaks off, and ends the one before', async () => {
    await expect(
      relayed('yes', 'head -c 9 >/dev/null; echo "sh: error: no more" >&2; exit 7'),
    ).rejects.toThrow('no more');
  });

  it('fails when a program cannot be started', async () => {
    const work = withPipes(path, async (first, second) => {
      const source = startProgram({ program: '/no/such', args: [], signal: never, stdout: first.writer });
      const relay = startRelay({ from: first.reader, to: second.writer, signal: never });
      const sink = shell('cat', never, { stdin: second.reader });
      sink.stdout.resume();
      await Promise.all([source.succeeded, relay.done, sink.succeeded]);
    });
    await expect(work).rejects.toThrow('such cannot be started');
  });

  it('ends with its programs when it is given up while nothing comes', async () => {
    const abort = new AbortController();
    const work = relayed('echo $$; exec sleep 600', 'cat > /dev/null', abort.signal);
    setTimeout(() => abort.abort(new Error('enough')), 100);
    await expect(work).rejects.toThrow('enough');
  });
});

describe('withPipes', () => {
  const openFiles = async () => (await readdir('/proc/self/fd')).length;

  it('leaves no end of a pipe open, taken or not', async () => {
    await relayed('echo 1', 'cat');
    const before = await openFiles();
    await relayed('echo 1', 'cat');
    await relayed('exit 1', 'cat').catch(() => undefined);
    await withPipes(path, async () => undefined);
    await waitUntil(async () => (await openFiles()) <= before);
  });
});
