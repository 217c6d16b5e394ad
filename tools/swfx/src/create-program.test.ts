import type { Command } from 'commander';
import { createProgram } from './create-program';
import groups from './groups.json';

async function run(...words: string[]): Promise<{ code: string; out: string; err: string }> {
  const said = { out: '', err: '' };
  const program = createProgram({});
  const quiet = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => (said.out += text),
      writeErr: (text) => (said.err += text),
    });
    command.commands.forEach(quiet);
  };
  quiet(program);
  const code = await program.parseAsync(words, { from: 'user' }).then(
    () => 'done',
    (error: { code: string }) => error.code,
  );
  return { code, ...said };
}

describe('swfx --help', () => {
  it('names every command, of the apps too, each with a line that says what it does', async () => {
    const { out } = await run('--help');
    const ofApps = Object.entries(groups).flatMap(([name, group]) =>
      Object.keys(group.commands).map((command) => `${name} ${command}`),
    );
    for (const command of ['status', 'tasks list', 'logs', 'db migrate', ...ofApps])
      expect(out).toMatch(new RegExp(`^  ${command}\\s{2,}\\S.{10,}$`, 'm'));
  });
});

describe('a group that does not exist', () => {
  it('is refused with the one that was probably meant', async () => {
    const { code, err } = await run('backups', 'list');
    expect(code).toBe('commander.unknownCommand');
    expect(err).toContain('Did you mean backup?');
  });
});
